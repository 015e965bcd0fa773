"""New ids, made by the shard that has the bucket, in one round trip."""

from collections.abc import Sequence

from django.db import connections

from sharding.rows import buckets

# Fewer than the 1,024 after which the sequence repeats.
PER_STATEMENT = 1000


def new_ids(bucket: int, count: int = 1) -> list[int]:
    """`count` new ids of one bucket, ascending unless the shard's clock was set back in between."""
    return new_ids_on(buckets.shard_of(bucket), [bucket] * count)


def new_ids_on(alias: str, bucket_numbers: Sequence[int]) -> list[int]:
    """One new id for each of `bucket_numbers`, in that order; the shard `alias` has all these buckets.

    The ids are distinct. The shard's sequence repeats after 1,024 ids of one millisecond: ids from the first repeated
    one on are asked for again."""
    ids: list[int] = []
    seen: set[int] = set()
    while len(ids) < len(bucket_numbers):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT tessera_next_id(bucket) FROM unnest(%s::int[]) WITH ORDINALITY AS requested (bucket, n) "
                "ORDER BY n",
                [list(bucket_numbers[len(ids) :][:PER_STATEMENT])],
            )
            rows = [row[0] for row in cursor.fetchall()]
        for row_id in rows:
            if row_id in seen:
                break
            seen.add(row_id)
            ids.append(row_id)
    return ids
