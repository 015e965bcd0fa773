"""Sharded managers: which shard they ask, and that they refuse to guess."""

import pytest
from django.conf import settings
from django.db import connections
from django.db.models import Model, prefetch_related_objects
from django.test.utils import CaptureQueriesContext

from sharding.rows.ids import bucket_for_owner, bucket_of
from sharding.rows.placement import MixedShards, Unrouted
from tests.sharding.tree_model import Leaf, Plant, verbs

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("tree_tables")]


def _plant(owner_id: int, name: str = "fern") -> Plant:
    plant = Plant(owner_id=owner_id, name=name)
    plant.save()
    return plant


def _alias(row: Model) -> str | None:
    return row._state.db


def test_an_unrouted_query_is_refused() -> None:
    for query in (Plant.objects.all(), Plant.objects.filter(name="fern"), Plant._base_manager.all()):
        with pytest.raises(Unrouted, match=r"Plant\.objects\.of\(owner_id\)"):
            list(query)
    for ask in (Plant.objects.count, Plant.objects.exists, Plant.objects.all().delete):
        with pytest.raises(Unrouted):
            ask()
    with pytest.raises(Unrouted):
        Plant.objects.update(name="moss")


def test_owners_find_their_rows_on_their_own_shard(ann: int, ben: int) -> None:
    anns, bens = _plant(ann), _plant(ben)
    assert (_alias(anns), _alias(bens)) == ("shard0", "shard1")
    assert list(Plant.objects.of(ann)) == [anns]
    assert list(Plant.objects.of(ben)) == [bens]


def test_of_shows_no_neighbours_of_the_same_bucket(ann: int) -> None:
    _plant(ann)
    assert not Plant.objects.of(ann + 8192).exists()


def test_an_id_alone_finds_the_row(ann: int, ben: int) -> None:
    for plant in (_plant(ann), _plant(ben)):
        located = Plant.objects.locate(plant.pk).get()
        assert located == plant
        assert _alias(located) == _alias(plant)


def test_an_unknown_id_finds_nothing(ann: int) -> None:
    with pytest.raises(Plant.DoesNotExist):
        Plant.objects.locate(bucket_for_owner(ann) << 10).get()


def test_a_bucket_and_a_shard_route_without_filtering(ann: int, ben: int) -> None:
    anns, bens = _plant(ann), _plant(ben)
    assert Plant.objects.in_bucket(bucket_of(anns.pk)).get() == anns
    assert Plant.objects.on("shard1").get() == bens


@pytest.mark.parametrize("alias", ["default", "shard0_r1", "shard9"])
def test_only_a_shard_can_be_asked_whole(alias: str) -> None:
    with pytest.raises(Unrouted):
        Plant.objects.on(alias)


def test_routing_may_come_after_filtering(ann: int) -> None:
    plant = _plant(ann)
    assert Plant.objects.filter(name="fern").of(ann).get() == plant
    assert not Plant.objects.tall().of(ann).exists()
    assert not Plant.objects.of(ann).tall().exists()


def test_two_routes_of_one_queryset_do_not_meet(ann: int, ben: int) -> None:
    anns, bens = _plant(ann), _plant(ben)
    ferns = Plant.objects.on("shard0").filter(name="fern")
    at_ann, at_ben = ferns.of(ann), ferns.on("shard1")
    assert list(at_ben) == [bens]
    assert list(at_ann) == [anns]
    assert list(ferns) == [anns]


def test_create_goes_to_the_owners_shard(ben: int) -> None:
    assert _alias(Plant.objects.create(owner_id=ben, name="ivy")) == "shard1"


def test_create_after_of_belongs_to_that_owner(ben: int) -> None:
    assert Plant.objects.of(ben).create(name="ivy").owner_id == ben


def test_get_or_create_reads_and_writes_one_shard(ben: int) -> None:
    made, is_new = Plant.objects.of(ben).get_or_create(name="ivy")
    again, is_new_again = Plant.objects.of(ben).get_or_create(name="ivy")
    assert (made, is_new, is_new_again) == (again, True, False)
    assert Plant.objects.of(ben).update_or_create(name="ivy", defaults={"height_cm": 9})[0].height_cm == 9


def test_bulk_create_makes_all_ids_in_one_round_trip(ann: int) -> None:
    plants = [Plant(owner_id=ann, name=f"fern {number}") for number in range(3)]
    with CaptureQueriesContext(connections["shard0"]) as queries:
        made = Plant.objects.bulk_create(plants)
    assert verbs(queries) == ["SELECT tessera_guard", "SELECT tessera_next_id", "INSERT INTO"]
    assert [bucket_of(plant.pk) for plant in made] == [bucket_for_owner(ann)] * 3
    assert list(Plant.objects.of(ann).order_by("id")) == made


def test_bulk_create_of_nothing_sends_no_query(django_assert_num_queries: object) -> None:
    assert Plant.objects.bulk_create([]) == []
    assert Plant.objects.bulk_update([], ["name"]) == 0


def test_bulk_update_goes_to_the_rows_shard(ben: int) -> None:
    plants = [_plant(ben), _plant(ben)]
    for plant in plants:
        plant.name = "moss"
    assert Plant.objects.bulk_update(plants, ["name"]) == 2
    assert Plant.objects.of(ben).filter(name="moss").count() == 2


def test_bulk_calls_refuse_rows_of_two_shards(ann: int, ben: int) -> None:
    plants = [Plant(owner_id=ann, name="fern"), Plant(owner_id=ben, name="ivy")]
    with pytest.raises(MixedShards, match="shard0, shard1"):
        Plant.objects.bulk_create(plants)
    with pytest.raises(MixedShards):
        Plant.objects.bulk_update([_plant(ann), _plant(ben)], ["name"])


def test_bulk_create_refuses_a_row_without_an_owner() -> None:
    with pytest.raises(Unrouted):
        Plant.objects.bulk_create([Plant(name="weed")])


def test_related_rows_are_found_on_the_shard_of_the_instance(ann: int, ben: int) -> None:
    for owner in (ann, ben):
        plant = _plant(owner)
        leaf = plant.leaves.create()
        assert _alias(leaf) == _alias(plant)
        assert bucket_of(leaf.pk) == bucket_of(plant.pk)
        assert plant.leaves.get() == leaf
        assert Leaf.objects.locate(leaf.pk).get().plant == plant


def test_prefetch_works_within_a_shard(ann: int) -> None:
    leaves = [_plant(ann).leaves.create(), _plant(ann).leaves.create()]
    plants = list(Plant.objects.of(ann).prefetch_related("leaves").order_by("id"))
    assert [list(plant.leaves.all()) for plant in plants] == [[leaf] for leaf in leaves]
    with CaptureQueriesContext(connections["shard0"]) as queries:
        assert [
            leaf.plant for leaf in Leaf.objects.on("shard0").prefetch_related("plant").order_by("id")
        ] == plants
    assert len(queries) == 2


def test_prefetch_over_two_shards_is_refused_instead_of_coming_back_empty(ann: int, ben: int) -> None:
    plants = [_plant(ann), _plant(ben)]
    with pytest.raises(MixedShards):
        prefetch_related_objects(plants, "leaves")
    leaves = [Leaf.objects.locate(plant.leaves.create().pk).get() for plant in plants]
    with pytest.raises(MixedShards):
        prefetch_related_objects(leaves, "plant")


def test_deleting_takes_the_children_along(ben: int) -> None:
    plant = _plant(ben)
    plant.leaves.create()
    assert plant.delete()[0] == 2
    plant = _plant(ben)
    plant.leaves.create()
    assert Plant.objects.of(ben).delete()[0] == 2
    assert not Leaf.objects.on("shard1").exists()


def test_the_settings_have_two_shards() -> None:
    assert settings.SHARDS == ["shard0", "shard1"]
