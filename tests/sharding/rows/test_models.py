"""Saving a sharded row: refused unless its id, its owner and its database agree."""

import pytest
from django.db import IntegrityError, connections, transaction
from django.test.utils import CaptureQueriesContext

from sharding.consistency import causal
from sharding.rows import allocation
from sharding.rows.ids import InvalidId, bucket_for_owner, bucket_of
from sharding.rows.placement import WrongShard
from tests.sharding.tree_model import Leaf, Plant, verbs

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("tree_tables")]


def test_a_new_row_is_given_an_id_of_its_owners_bucket(ann: int) -> None:
    plant = Plant(owner_id=ann, name="fern")
    with CaptureQueriesContext(connections["shard0"]) as queries:
        plant.save()
    assert bucket_of(plant.pk) == bucket_for_owner(ann)
    assert verbs(queries) == ["SELECT tessera_guard", "SELECT tessera_next_id", "INSERT INTO"]


def test_a_row_saved_again_is_updated_in_place(ben: int) -> None:
    plant = Plant.objects.create(owner_id=ben, name="fern")
    plant.name = "moss"
    with CaptureQueriesContext(connections["shard1"]) as queries:
        plant.save()
    assert verbs(queries) == ["SELECT tessera_guard", "UPDATE trees_plant"]
    assert Plant.objects.of(ben).get().name == "moss"


def test_a_row_read_from_a_replica_is_saved_to_its_primary(ben: int) -> None:
    plant = Plant.objects.create(owner_id=ben, name="fern")
    plant._state.db = "shard1_r1"
    plant.name = "moss"
    plant.save(update_fields=["name"])
    assert plant._state.db == "shard1"
    plant._state.db = "shard1_r1"
    plant.refresh_from_db()
    assert plant.name == "moss"
    plant._state.db = "shard1_r1"
    plant.delete()
    assert not Plant.objects.of(ben).exists()


def test_an_id_made_beforehand_is_kept(ann: int) -> None:
    number = allocation.new_ids(bucket_for_owner(ann))[0]
    plant = Plant(id=number, owner_id=ann, name="fern")
    plant.save()
    assert Plant.objects.locate(number).get() == plant


def test_a_new_row_never_overwrites_another(ann: int) -> None:
    plant = Plant.objects.create(owner_id=ann, name="fern")
    with pytest.raises(IntegrityError), transaction.atomic(using="shard0"):
        Plant(id=plant.pk, owner_id=ann, name="weed").save()
    assert Plant.objects.of(ann).get().name == "fern"


def test_an_id_of_another_bucket_is_refused(ann: int) -> None:
    foreign = allocation.new_ids(bucket_for_owner(ann + 1))[0]
    with pytest.raises(WrongShard):
        Plant(id=foreign, owner_id=ann, name="fern").save()


def test_a_row_cannot_change_its_owner_into_another_bucket(ann: int) -> None:
    plant = Plant.objects.create(owner_id=ann, name="fern")
    plant.owner_id = ann + 1
    with pytest.raises(WrongShard):
        plant.save()


@pytest.mark.parametrize("alias", ["shard1", "default", "shard0_r1"])
def test_saving_elsewhere_is_refused(ann: int, alias: str) -> None:
    with pytest.raises(WrongShard):
        Plant(owner_id=ann, name="fern").save(using=alias)


def test_saving_where_it_belongs_may_be_said(ann: int) -> None:
    Plant(owner_id=ann, name="fern").save(using="shard0")
    assert Plant.objects.of(ann).exists()


def test_a_row_without_an_owner_cannot_be_saved() -> None:
    with pytest.raises(InvalidId):
        Plant(name="weed").save()
    with pytest.raises(InvalidId):
        Leaf().save()


def test_a_child_finds_its_bucket_by_its_parent(ben: int) -> None:
    plant = Plant.objects.create(owner_id=ben, name="fern")
    leaf = Leaf(plant=plant)
    assert leaf.find_bucket() == bucket_for_owner(ben)
    leaf.save()
    assert leaf._state.db == "shard1"


def test_a_child_of_an_unknown_parent_has_no_bucket_yet() -> None:
    assert Leaf().find_bucket() is None


def test_a_deferred_owner_is_read_before_saving(ben: int) -> None:
    plant = Plant.objects.create(owner_id=ben, name="fern")
    partial = Plant.objects.only("name").locate(plant.pk).get()
    partial.name = "moss"
    partial.save()
    assert Plant.objects.of(ben).get().name == "moss"


def test_a_relation_to_a_row_of_another_bucket_is_refused(ann: int) -> None:
    """Also on one shard: buckets move, and a foreign key could not follow."""
    anns = Plant.objects.create(owner_id=ann, name="fern")
    theirs = Plant.objects.create(owner_id=ann + 2, name="ivy")
    assert anns._state.db == theirs._state.db
    leaf = Leaf(plant=anns)
    leaf.save()
    with pytest.raises(ValueError, match="prevents this relation"):
        leaf.plant = theirs


def test_a_parent_read_from_a_replica_may_be_given_a_child(ben: int) -> None:
    plant = Plant.objects.create(owner_id=ben, name="fern")
    plant._state.db = "shard1_r1"
    with causal.session():
        leaf = Leaf(plant=plant)
        leaf.save()
    assert leaf._state.db == "shard1"
