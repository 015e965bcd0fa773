"""Calls a function for many shards at once, by one deadline, and names the shards that did not answer.

The servers enforce the deadline, too (see `deadline`): an abandoned statement does not keep its connection busy. Each
shard has a small thread pool of its own, so that a shard that hangs fills no other shard's pool. The threads keep their
connections as web threads do (CONN_MAX_AGE, checked before each use). Lists of rows need no threads: see
`multiplex`."""

import contextlib
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from ops import metrics
from sharding.connections import deadline, replicas
from sharding.consistency import causal

logger = logging.getLogger(__name__)

T = TypeVar("T")

THREADS_PER_SHARD = 4

_pools: dict[str, ThreadPoolExecutor] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Gathered(Generic[T]):
    """{alias: result} of the shards that answered, {alias: reason} of those that did not."""

    results: dict[str, T] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def report_missing(self, deadline_seconds: float) -> None:
        """Count and log the missing shards; those without a reason were late."""
        for alias, reason in self.missing.items():
            metrics.scatter_missing.labels(alias, "away" if reason else "late").inc()
            self.missing[alias] = reason or f"no answer within {deadline_seconds} s"
        if self.missing:
            logger.warning("Shards did not answer: %s", self.missing)


def scatter(
    fn: Callable[[str], T], aliases: Iterable[str] | None = None, *, deadline_seconds: float = 2.0
) -> Gathered[T]:
    """Call `fn(alias)` for each shard (by default all) and gather the results until the deadline.

    A shard that is down or late is named in `missing`; errors other than a database's are raised."""
    shards = list(settings.SHARDS if aliases is None else aliases)
    gathered: Gathered[T] = Gathered()
    until = time.monotonic() + deadline_seconds
    if settings.SCATTER_SEQUENTIALLY or len(shards) <= 1:
        for alias in shards:
            _collect(gathered, alias, partial(_ask, fn, alias, until))
    else:
        _ask_in_threads(fn, shards, until, gathered)
    gathered.report_missing(deadline_seconds)
    return gathered


def merge_by_id(
    lists: Iterable[Sequence[T]], limit: int, *, key: Callable[[T], Any] = attrgetter("id")
) -> list[T]:
    """The newest `limit` items of lists that are each sorted by id, newest first."""
    return list(itertools.islice(heapq.merge(*lists, key=key, reverse=True), limit))


def close() -> None:
    """End the threads and close their connections; the next scatter starts others."""
    with _lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        all_threads = threading.Barrier(THREADS_PER_SHARD)
        for _ in range(THREADS_PER_SHARD):
            pool.submit(_close_connections, all_threads)
        pool.shutdown()


def _ask_in_threads(fn: Callable[[str], T], shards: list[str], until: float, gathered: Gathered[T]) -> None:
    futures = {alias: _submit(fn, alias, until) for alias in shards}
    wait(futures.values(), timeout=until - time.monotonic())
    for alias, future in futures.items():
        if future.cancel() or not future.done():
            gathered.missing[alias] = ""
        else:
            _collect(gathered, alias, future.result)


def _submit(fn: Callable[[str], T], alias: str, until: float) -> "Future[T]":
    with _lock:
        pool = _pools.get(alias)
        if pool is None:
            pool = _pools[alias] = ThreadPoolExecutor(
                THREADS_PER_SHARD, thread_name_prefix=f"scatter-{alias}"
            )
    return pool.submit(copy_context().run, _ask_in_thread, fn, alias, until)


def _ask_in_thread(fn: Callable[[str], T], alias: str, until: float) -> T:
    if time.monotonic() > until:
        raise deadline.Late("no time was left for the statement")
    close_old_connections()
    try:
        return _ask(fn, alias, until)
    finally:
        close_old_connections()


def _ask(fn: Callable[[str], T], alias: str, until: float) -> T:
    """The result of one shard; from its primary, when the replica that was asked first fails."""
    with deadline.enforced(alias, until):
        return _ask_twice(fn, alias)


def _ask_twice(fn: Callable[[str], T], alias: str) -> T:
    try:
        return fn(alias)
    except deadline.Late:
        raise  # no time is left to ask the primary
    except (OperationalError, InterfaceError):
        session = causal.current()
        if alias in session.dirty or not session.used_replica():
            raise
        replicas.doubt(session.aliases_used)
        with causal.pin(alias):
            return fn(alias)


def _collect(gathered: Gathered[T], alias: str, result: Callable[[], T]) -> None:
    try:
        gathered.results[alias] = result()
    except deadline.Late:
        gathered.missing[alias] = ""
    except (OperationalError, InterfaceError) as error:
        gathered.missing[alias] = str(error).strip() or type(error).__name__


def _close_connections(all_threads: threading.Barrier) -> None:
    connections.close_all()
    with contextlib.suppress(threading.BrokenBarrierError):  # a thread hangs in a query
        all_threads.wait(1.0)  # keeps one thread from running this twice while another never does
