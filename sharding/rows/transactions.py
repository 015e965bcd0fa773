"""Transactions that name their shard. A bare `transaction.atomic()` covers the directory only.

A transaction of one bucket begins with the bucket's guard, which keeps movers away until it ends. When the bucket has
moved or is moving, `__enter__` waits and opens the transaction on the bucket's new shard, so the body never meets a
move. While the transaction is open all reads go to primaries: what decides about a write must not be stale."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import Token
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connections, transaction

from sharding.rows import buckets, ownership, pinning
from sharding.rows.ids import bucket_for_owner
from sharding.rows.placement import Unrouted, primaries

# A switch takes a fraction of a second; the scheduler ends one whose mover died after about three seconds.
PATIENCE_SECONDS = 4.0
PAUSE_SECONDS = 0.01


class ShardAtomic:
    """The context manager of `shard_atomic`. Nests; each instance is used once."""

    def __init__(self, bucket: int | None, alias: str | None, *, durable: bool) -> None:
        self._bucket, self._alias, self._durable = bucket, alias, durable
        self._atomic: transaction.Atomic | None = None
        self._pin: Token[frozenset[str]] | None = None

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._atomic is None:
            self._begin(deadline)
        self._pin = pinning.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        (atomic, self._atomic), (pin, self._pin) = (self._atomic, None), (self._pin, None)
        if atomic is None or pin is None:
            return
        try:
            atomic.__exit__(kind, error, traceback)
        finally:
            pinning.end(pin)

    def _begin(self, deadline: float) -> None:
        """Open the transaction on the bucket's shard; leave it closed, to be tried again, when the bucket is moving."""
        alias = self._alias or buckets.shard_of(self._bucket or 0)
        is_outermost = not is_open(alias)
        atomic = transaction.atomic(using=alias, durable=self._durable)
        atomic.__enter__()
        try:
            if self._bucket is not None:
                _guard(alias, self._bucket)
        except BaseException as error:  # whatever ended the block, the transaction is to be ended, too
            atomic.__exit__(type(error), error, error.__traceback__)
            if not isinstance(error, DatabaseError) or not ownership.refusal(error):
                raise
            if not is_outermost:  # the outer transaction is on the wrong shard as a whole
                raise ownership.Moving(f"Bucket {self._bucket} is moving away from {alias}.") from error
            _await(alias, self._bucket or 0, error, deadline)
            return
        self._atomic = atomic


def shard_atomic(
    *,
    owner_id: int | None = None,
    bucket: int | None = None,
    alias: str | None = None,
    durable: bool = False,
) -> ShardAtomic:
    """A transaction on the primary of one shard, or of the directory for alias="default".

    Takes exactly one of `owner_id`, `bucket` and `alias`. Within it, and in what it calls on commit, every read goes to
    a primary. Raises ownership.Moving when the bucket is moving for longer than PATIENCE_SECONDS."""
    primary = _primary(owner_id, bucket, alias)
    if owner_id is not None:
        bucket = bucket_for_owner(owner_id)
    return ShardAtomic(bucket, primary if bucket is None else None, durable=durable)


def guarded(bucket: int) -> AbstractContextManager[object]:
    """The transaction that a write to a bucket needs; a null context where it is open already."""
    alias = buckets.shard_of(bucket)
    if is_open(alias) and bucket in _guarded_on(alias):
        return nullcontext()
    return shard_atomic(bucket=bucket)


def on_commit(
    fn: Callable[[], object],
    *,
    owner_id: int | None = None,
    bucket: int | None = None,
    alias: str | None = None,
    robust: bool = False,
) -> None:
    """Call `fn` after the commit of that database's open transaction; at once when none is open."""
    transaction.on_commit(fn, using=_primary(owner_id, bucket, alias), robust=robust)


def lock_name(name: str, *, alias: str) -> None:
    """Hold a name such as "follows:7" until this thread's transaction on `alias` ends; others wait for it.

    For rules that no row or constraint can keep, such as a limit on the number of rows."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def is_open(alias: str) -> bool:
    """Whether this thread is inside a transaction on `alias`, not counting a test case's own."""
    blocks = connections[alias].atomic_blocks
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def _guarded_on(alias: str) -> dict[int, object]:
    """{bucket: the atomic block it was guarded in} of the transaction that is open on this thread's connection.

    A guard ends with its transaction, or with a savepoint that is rolled back; it counts only within its block."""
    connection: Any = connections[alias]
    guarded_in: dict[int, object] = connection.__dict__.get("tessera_guarded", {})
    held = {bucket: block for bucket, block in guarded_in.items() if block in connection.atomic_blocks}
    connection.__dict__["tessera_guarded"] = held
    return held


def _guard(alias: str, bucket: int) -> None:
    """Guard a bucket in the block that has just been opened, unless an outer block guards it."""
    held = _guarded_on(alias)
    if bucket not in held:
        ownership.guard(alias, bucket)
        held[bucket] = connections[alias].atomic_blocks[-1]


def _await(alias: str, bucket: int, error: DatabaseError, deadline: float) -> None:
    """Find the bucket's new shard, or wait a moment. Raises Moving after the deadline."""
    if time.monotonic() > deadline:
        raise ownership.Moving(f"Bucket {bucket} is moving away from {alias}.") from error
    if ownership.refusal(error) == ownership.MOVED:
        buckets.follow(bucket, away_from=alias, to=ownership.moved_to(error))
    if buckets.shard_of(bucket) == alias:
        time.sleep(PAUSE_SECONDS)


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
