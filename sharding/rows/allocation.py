"""Making ids: one round trip to the shard that has the bucket."""

from collections.abc import Sequence

from django.db import connections

from sharding.rows import buckets

# Fewer than the 1,024 after which the sequence comes round.
PER_STATEMENT = 1000


def new_ids(bucket: int, count: int = 1) -> list[int]:
    """`count` new ids of one bucket, ascending unless the shard's clock was set back in between."""
    return new_ids_on(buckets.shard_of(bucket), [bucket] * count)


def new_ids_on(alias: str, wanted: Sequence[int]) -> list[int]:
    """New ids for the buckets in `wanted`, in that order, all of which the shard `alias` has.

    They differ from one another also when more than 1,024 are made within a millisecond, after which the
    sequence comes round: what came twice is asked for again."""
    ids: list[int] = []
    seen: set[int] = set()
    while len(ids) < len(wanted):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT tessera_next_id(bucket) FROM unnest(%s::int[]) WITH ORDINALITY AS wanted (bucket, n) "
                "ORDER BY n",
                [list(wanted[len(ids) :][:PER_STATEMENT])],
            )
            rows = [row[0] for row in cursor.fetchall()]
        for id in rows:  # noqa: A001
            if id in seen:
                break
            seen.add(id)
            ids.append(id)
    return ids
