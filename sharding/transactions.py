"""Transactions that name their shard. A bare `transaction.atomic()` covers the directory only."""

from collections.abc import Callable

from django.db import connections, transaction

from sharding import buckets
from sharding.placement import Unrouted, primaries


def shard_atomic(
    *,
    owner_id: int | None = None,
    bucket: int | None = None,
    alias: str | None = None,
    durable: bool = False,
) -> transaction.Atomic:
    """A transaction on the primary of one shard, or of the directory for alias="default".

    Takes exactly one of `owner_id`, `bucket` and `alias`. Within it, reads of that database see its own
    writes because they go to the primary."""
    return transaction.atomic(using=_primary(owner_id, bucket, alias), durable=durable)


def on_commit(
    fn: Callable[[], object],
    *,
    owner_id: int | None = None,
    bucket: int | None = None,
    alias: str | None = None,
    robust: bool = False,
) -> None:
    """Call `fn` once that database has committed; at once when it has no transaction open."""
    transaction.on_commit(fn, using=_primary(owner_id, bucket, alias), robust=robust)


def is_open(alias: str) -> bool:
    """Whether this thread is inside a transaction on `alias`, not counting a test case's own."""
    blocks = connections[alias].atomic_blocks
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _primary(owner_id: int | None, bucket: int | None, alias: str | None) -> str:
    if [owner_id, bucket, alias].count(None) != 2:
        raise Unrouted("Exactly one of owner_id, bucket and alias names the database.")
    if owner_id is not None:
        return buckets.shard_for_owner(owner_id)
    if bucket is not None:
        return buckets.shard_of(bucket)
    if alias not in primaries():
        raise Unrouted(f"{alias!r} is not the alias of a primary.")
    return str(alias)
