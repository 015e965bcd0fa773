"""Fences: a shard refuses all writes to buckets that it does not own."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as project
from django.core import checks
from django.core.management import call_command
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from sharding.checks import check_bucket_map
from sharding.consistency import causal, tokens
from sharding.models import Bucket, BucketMapVersion
from sharding.moving import cluster_stats
from sharding.rows import buckets, ownership, transactions
from sharding.rows.transactions import shard_atomic
from tests.sharding.tree_model import Plant, verbs

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("tree_tables")]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    for shard in project.SHARDS:
        with connections[shard].cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE TRIGGER tessera_fence BEFORE INSERT OR UPDATE OR DELETE ON trees_plant"
                " FOR EACH ROW EXECUTE FUNCTION tessera_fence()"
            )
    yield
    buckets.bucket_map.forget()


def _say(shard: str, bucket: int, state: str, to: str | None = None) -> None:
    with connections[shard].cursor() as cursor:
        cursor.execute(
            "INSERT INTO tessera_bucket (number, state, moved_to) VALUES (%s, %s, %s) ON CONFLICT (number) DO UPDATE"
            " SET state = excluded.state, moved_to = excluded.moved_to, changed_at = '2026-01-01'",
            [bucket, state, to],
        )


def _moved(bucket: int, *, is_mapped: bool = True) -> None:
    """The bucket has moved from shard0 to shard1; this process still has the old map."""
    buckets.shard_of(bucket)
    _say("shard0", bucket, "moved", "shard1")
    _say("shard1", bucket, "owned")
    if is_mapped:
        Bucket.objects.filter(number=bucket).update(shard="shard1")
        BucketMapVersion.objects.update(version=buckets.bucket_map.version + 1)


WRITES: list[Callable[[Plant], object]] = [
    lambda plant: Plant.objects.create(owner_id=plant.owner_id, name="new"),
    lambda plant: plant.save(),
    lambda plant: plant.save(update_fields=["name"]),
    lambda plant: plant.delete(),
    lambda plant: Plant.objects.locate(plant.pk).update(name="moss"),
    lambda plant: Plant.objects.of(plant.owner_id).delete(),
    lambda plant: Plant.objects.bulk_create([Plant(owner_id=plant.owner_id, name="new")]),
    lambda plant: Plant.objects.bulk_update([plant], ["name"]),
    lambda plant: Plant.objects.of(plant.owner_id).get_or_create(
        name="x", defaults={"owner_id": plant.owner_id}
    ),
    lambda plant: Plant.objects.of(plant.owner_id).update_or_create(
        pk=plant.pk, defaults={"name": "moss", "owner_id": plant.owner_id}
    ),
]


@pytest.mark.parametrize("write", WRITES)
def test_every_kind_of_write_follows_a_bucket_that_has_moved(
    write: Callable[[Plant], object], ann: int
) -> None:
    plant = Plant.objects.create(owner_id=ann, name="fern")
    _moved(ann)
    with connections["shard1"].cursor() as cursor:
        cursor.execute("SELECT set_config('tessera.moving', 'on', true)")
        cursor.execute(
            "INSERT INTO trees_plant (id, owner_id, name, height_cm) VALUES (%s, %s, 'fern', 0)",
            [plant.pk, ann],
        )
        cursor.execute("SELECT set_config('tessera.moving', 'off', true)")
    write(plant)
    assert buckets.shard_of(ann) == "shard1"
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT name FROM trees_plant")
        assert cursor.fetchall() == [("fern",)], "the old shard is not written to"


def test_what_the_shard_says_counts_more_than_an_old_map(ann: int) -> None:
    _moved(ann, is_mapped=False)
    with shard_atomic(owner_id=ann):
        assert transactions.is_open("shard1")


def test_a_bucket_that_is_moving_for_too_long_is_an_outage(ann: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "PATIENCE_SECONDS", 0.1)
    _say("shard0", ann, "fenced")
    with pytest.raises(ownership.Moving), shard_atomic(owner_id=ann):
        pass
    _say("shard0", ann, "owned")
    with shard_atomic(owner_id=ann):
        assert Plant.objects.create(owner_id=ann, name="fern").pk


def test_an_unguarded_statement_is_stopped_by_the_rows_own_fence(ann: int) -> None:
    Plant.objects.create(owner_id=ann, name="fern")
    _say("shard0", ann, "fenced")
    with pytest.raises(ownership.Moving), transaction.atomic(using="shard0"):
        Plant.objects.on("shard0").update(name="moss")


def test_a_row_never_changes_its_bucket(ann: int) -> None:
    plant = Plant.objects.create(owner_id=ann, name="fern")
    with pytest.raises(Exception, match="never changes its bucket"), connections["shard0"].cursor() as cursor:
        cursor.execute("UPDATE trees_plant SET id = id + 1024 WHERE id = %s", [plant.pk])


def test_a_transaction_guards_its_bucket_once(ann: int) -> None:
    with shard_atomic(owner_id=ann), CaptureQueriesContext(connections["shard0"]) as queries:
        plant = Plant.objects.create(owner_id=ann, name="fern")
        plant.save()
        plant.delete()
    assert "SELECT tessera_guard" not in verbs(queries)


def test_a_guard_ends_with_the_savepoint_or_transaction_it_was_taken_in(ann: int) -> None:
    neighbour = ann + 2
    with shard_atomic(owner_id=ann):
        with contextlib.suppress(ZeroDivisionError), shard_atomic(owner_id=neighbour):
            raise ZeroDivisionError
        with CaptureQueriesContext(connections["shard0"]) as queries, transactions.guarded(neighbour):
            pass
        assert "SELECT tessera_guard" in verbs(queries)
    with (
        shard_atomic(alias="shard0"),
        CaptureQueriesContext(connections["shard0"]) as queries,
        transactions.guarded(ann),
    ):
        pass
    assert "SELECT tessera_guard" in verbs(queries)


def test_a_whole_shard_shows_neither_incoming_rows_nor_rows_left_behind(ann: int) -> None:
    Plant.objects.create(owner_id=ann, name="fern")
    for state, is_shown in (
        ("owned", True), ("fenced", True), ("incoming", False), ("ready", False), ("moved", False),
    ):  # fmt: skip
        _say("shard0", ann, state)
        assert Plant.objects.on("shard0").filter(owner_id=ann).exists() is is_shown, state


def test_a_token_makes_its_bearer_read_by_the_writers_map(ann: int, settings: Settings) -> None:
    buckets.shard_of(ann)
    Bucket.objects.filter(number=ann).update(shard="shard1")
    BucketMapVersion.objects.update(version=buckets.bucket_map.version + 1)
    newer = buckets.bucket_map.version + 1
    with causal.session({}):
        assert Plant.objects.of(ann).db == "shard0", "the map is younger than its TTL"
    with causal.session({tokens.MAP: newer}):
        assert Plant.objects.of(ann).db == "shard1"


def test_replicas_must_have_what_a_move_brought(ann: int) -> None:
    Bucket.objects.filter(number=ann).update(min_lsn=77)
    buckets.bucket_map.forget()
    buckets.shard_of(ann)
    assert buckets.bucket_map.floor_of("shard0") == 77
    assert buckets.bucket_map.floor_of("shard1") == 0


def test_a_shard_is_given_what_the_map_says_once(ann: int) -> None:
    with connections["shard0"].cursor() as cursor:
        cursor.execute("DELETE FROM tessera_bucket WHERE number = %s", [ann])
    _say("shard0", ann + 2, "gone")
    assert ownership.ensure("shard0") == 1
    assert ownership.ensure("shard0") == 0
    assert ownership.states("shard0")[ann + 2] == "gone"


def test_every_sharded_table_is_fenced_and_indexed_by_bucket() -> None:
    for shard in project.SHARDS:
        assert ownership.unfenced(shard) == []
        with connections[shard].cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_indexes WHERE indexname = tablename || '_bucket'")
            assert {row[0] for row in cursor.fetchall()} >= set(ownership.tables())


def test_parents_come_before_children() -> None:
    tables = ownership.tables()
    assert tables.index("photos_photo") < tables.index("photos_rendition")


def test_disagreements_are_found(ann: int) -> None:
    assert list(cluster_stats.disagreements()) == []
    _say("shard0", ann, "gone")
    assert any(f"bucket {ann}: the map says shard0" in text for text in cluster_stats.disagreements())
    with pytest.raises(Exception, match="disagreements"):
        call_command("shards", "verify")


def test_a_map_that_is_not_whole_is_an_error() -> None:
    assert check_bucket_map(databases=["default"]) == []
    assert check_bucket_map(databases=["shard0"]) == []
    Bucket.objects.filter(number=5).delete()
    Bucket.objects.filter(number=6).update(shard="shard7")
    messages = check_bucket_map(databases=["default"])
    assert [message.id for message in messages] == ["sharding.E011", "sharding.E012"]
    assert all(isinstance(message, checks.Error) for message in messages)
