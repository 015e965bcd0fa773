"""Buckets change their shard: with all their rows, under writers, in spite of deaths."""

from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django import Settings

from sharding import buckets, carrying, moves, outbox, ownership
from sharding.ids import bucket_of
from sharding.models import Bucket, Move, OutboxEvent
from sharding.transactions import shard_atomic

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

HERE, OTHER = 20, 22  # buckets of shard0
TOPIC = "test.moves"


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> Iterator[None]:
    """Every test begins and ends with the buckets where they are at first, and no replication left over."""
    settings.MOVE_CLEANUP_DELAY_SECONDS = 0
    settings.BUCKET_MAP_TTL_SECONDS = 0.05
    buckets.bucket_map.forget()
    yield
    for move in moves.active():
        carrying.abort(move, print)
    for shard in settings.SHARDS:
        with connections[shard].cursor() as cursor:
            cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
            cursor.execute("DELETE FROM sharding_outboxevent")
            cursor.execute("SELECT set_config('tessera.moving', 'off', false)")
            cursor.execute("TRUNCATE tessera_bucket")
    Bucket.objects.filter(number__in=[HERE, OTHER]).update(shard="shard0", min_lsn=0)
    for shard in settings.SHARDS:
        ownership.ensure(shard)
    buckets.bucket_map.forget()


def _write(bucket: int, count: int = 1) -> list[int]:
    ids = []
    for number in range(count):
        with shard_atomic(bucket=bucket):
            event = OutboxEvent(id=outbox.allocation.new_ids(bucket)[0], topic=TOPIC, payload={"n": number})
            event.save()
        ids.append(event.pk)
    return ids


def _found(bucket: int) -> list[int]:
    rows = OutboxEvent.objects.in_bucket(bucket).order_by("pk")
    return [pk for pk in rows.values_list("pk", flat=True) if bucket_of(pk) == bucket]


def _rows_on(shard: str, bucket: int) -> int:
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sharding_outboxevent WHERE ((id >> 10) & 8191) = %s", [bucket])
        return int(cursor.fetchone()[0])


def _move(*numbers: int, to: str = "shard1") -> Move:
    (move,) = moves.plan(numbers, to=to)
    return move


def test_a_moved_bucket_has_all_its_rows_and_takes_new_ones() -> None:
    before, others = _write(HERE, 5), _write(OTHER, 3)
    move = carrying.carry_out(_move(HERE), print)
    assert move.state == Move.State.DONE
    assert buckets.shard_of(HERE) == "shard1"
    assert _found(HERE) == before
    assert (_rows_on("shard0", HERE), _rows_on("shard1", HERE)) == (0, 5)
    assert _found(OTHER) == others
    later = _write(HERE)
    assert _found(HERE) == before + later
    assert later[0] > before[-1]
    with connections["shard1"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())"
        )
        assert cursor.fetchone() == (0,)


def test_a_bucket_comes_back() -> None:
    before = _write(HERE, 3)
    carrying.carry_out(_move(HERE), print)
    between = _write(HERE)
    carrying.carry_out(_move(HERE, to="shard0"), print)
    assert _found(HERE) == before + between
    assert _rows_on("shard1", HERE) == 0
    assert len(_write(HERE)) == 1
