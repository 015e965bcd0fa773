"""Moves of buckets, as tests make them: rows to move, a mover that dies, a shard that forgets."""

from django.db import connections

from sharding.models import Move, OutboxEvent
from sharding.moving import moves
from sharding.moving.mover import Mover
from sharding.rows import allocation
from sharding.rows.ids import bucket_of
from sharding.rows.transactions import shard_atomic

HERE, OTHER = 20, 22  # buckets of shard0
TOPIC = "test.moves"


def write_rows(bucket: int, count: int = 1) -> list[int]:
    """Write so many rows into a bucket; return their ids."""
    ids = []
    for number in range(count):
        with shard_atomic(bucket=bucket):
            event = OutboxEvent(id=allocation.new_ids(bucket)[0], topic=TOPIC, payload={"n": number})
            event.save()
        ids.append(event.pk)
    return ids


def found_rows(bucket: int) -> list[int]:
    """Return the ids of a bucket's rows, as readers find them."""
    rows = OutboxEvent.objects.in_bucket(bucket).order_by("pk")
    return [pk for pk in rows.values_list("pk", flat=True) if bucket_of(pk) == bucket]


def rows_on(shard: str, bucket: int) -> int:
    """Return how many rows of a bucket a shard holds, owned or not."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sharding_outboxevent WHERE ((id >> 10) & 8191) = %s", [bucket])
        return int(cursor.fetchone()[0])


def plan(*numbers: int, to: str = "shard1") -> Move:
    """Plan a move of these buckets."""
    (move,) = moves.plan(numbers, to=to)
    return move


class Died(BaseException):
    """Stands for kill -9: no exception handler cleans up."""


def die_at(move: Move, point: str) -> bool:
    """Let a mover die at a point; False when it did not reach the point."""

    def reached(name: str) -> None:
        if name == point:
            raise Died

    try:
        with Mover(moves.get(move.pk), reached=reached) as mover:
            mover.run()
    except Died:
        return True
    return False


def change_unfenced(shard: str, sql: str, *values: int | str) -> None:
    """Change a shard past its fences, like a failover that loses the last transactions."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
        cursor.execute(sql, values)
        cursor.execute("SELECT set_config('tessera.moving', 'off', false)")
