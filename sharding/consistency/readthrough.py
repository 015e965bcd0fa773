"""What is read over and over, kept in the cache in front of the databases.

    PEOPLE = Group("people", load=_people, fresh_seconds=60)     a kind of value; load(keys) -> {key: value}
    PEOPLE.get_many(ids)                                         {id: value}; one question to the cache, one load
    PEOPLE.invalidate(ids)                                       beside the write, within its transaction

It is here, and not above, since it is about who may read what when, as replicas are:

- A value is as good as its **version**, a number that every write changes, once before and once after its commit. A
  value is kept under the version that was seen before it was loaded, and it is loaded from the primary: so nothing that
  a late replica or a slow reader has found can cover something newer. Whoever has written finds the version changed,
  on every pod.
- A cache that is away when a write should be told to it may have the old value when it is back. The writer then gets a
  **token** that says so: values loaded before are not for this reader. For all others they end by their time.
- In a transaction nothing is taken from the cache or put into it: it may be rolled back.

Against stampedes: of all who miss a value one loads it, the others wait for that one. A value that has been there for
its time, give or take a tenth, is loaded anew by one reader, while the others are still given the old one, up to
three times that. That there is nothing is kept as well, for less long. While Valkey is away everybody loads."""

import random
import secrets
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import redis
import structlog
from django.core.cache import cache
from django.db import InterfaceError, OperationalError

from ops import metrics
from sharding.consistency import causal, tokens
from sharding.rows import transactions
from sharding.rows.placement import DIRECTORY

log = structlog.get_logger("sharding.readthrough")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

JITTER = 0.1
HARD = 3  # a value may be given so many times as long as it is fresh
LOADING_SECONDS = 5  # whoever loads for longer is taken to have died
PATIENCE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
NOTHING_SECONDS = 10
VERSION_BITS = 62  # what Valkey counts with, and Django keeps as a plain number


@dataclass(frozen=True)
class _Seen(Generic[K, V]):
    """What the cache has: values; of which it is time to load them anew."""

    values: dict[K, V | None]
    due: list[K]


def _in_directory(key: object) -> str:
    return DIRECTORY


class Group(Generic[K, V]):
    """Values of one kind, by their keys. No value is None: that is what `load` leaves out.

    `primary_of` says which database a key's value is loaded from."""

    def __init__(
        self,
        name: str,
        load: Callable[[list[K]], Mapping[K, V]],
        *,
        fresh_seconds: float,
        primary_of: Callable[[K], str] = _in_directory,
    ) -> None:
        self.name = name
        self.fresh_seconds = fresh_seconds
        self._load = load
        self._primary_of = primary_of

    def get(self, key: K) -> V | None:
        """The value of a key; None when there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """{key: value} of those that have one. Raises what `load` raises."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return {}
        if any(map(transactions.is_open, {self._primary_of(key) for key in wanted})):
            return dict(self._load(wanted))
        seen = self._look(wanted)
        missing = [key for key in wanted if key not in seen.values]
        self._count("hit", len(seen.values) - len(seen.due))
        self._count("miss", len(missing))
        found = seen.values | self._fetched(missing, seen.due)
        return {key: value for key, value in found.items() if value is not None}

    def invalidate(self, keys: Iterable[K]) -> None:
        """End what is kept of these keys: now, and again when the transaction that is open has committed.

        The second time is what counts. The first is for a process that dies between its commit and that."""
        gone = list(dict.fromkeys(keys))
        if not gone:
            return
        self._bump(gone)
        for alias in {self._primary_of(key) for key in gone}:
            there = [key for key in gone if self._primary_of(key) == alias]
            if transactions.is_open(alias):
                transactions.on_commit(partial(self._bump, there), alias=alias, robust=True)

    def _bump(self, keys: list[K]) -> None:
        fresh = {self._version_key(key): secrets.randbits(VERSION_BITS) for key in keys}
        try:
            with _client().pipeline(transaction=False) as pipeline:
                for name, version in fresh.items():
                    pipeline.set(cache.make_key(name), version, ex=self._kept_seconds * 2)
                pipeline.execute()
        except (redis.RedisError, OSError) as error:
            self._count("error")
            log.warning("readthrough.not_told", group=self.name, error=str(error))
            causal.current().accept({tokens.CACHE: _now_ms()})

    def _look(self, keys: Collection[K]) -> _Seen[K, V]:
        """What may be given to this reader, asked in one question."""
        names = [name for key in keys for name in (self._key(key), self._version_key(key))]
        kept = cache.get_many(names)
        floor_ms = causal.current().required().get(tokens.CACHE, 0) if kept else 0
        values: dict[K, V | None] = {}
        due: list[K] = []
        for key in keys:
            version, entry = kept.get(self._version_key(key)), kept.get(self._key(key))
            if entry is None or entry[0] != version or entry[1] <= floor_ms:
                continue
            values[key] = entry[3]
            if entry[2] < _now_ms():
                due.append(key)
        return _Seen(values, due)

    def _fetched(self, missing: list[K], due: list[K]) -> dict[K, V | None]:
        """Load what this reader is the first to miss, or to find due; wait for what others load."""
        if not missing and not due:
            return {}
        elected = self._elect([*missing, *due])
        self._count("stale", sum(key not in elected for key in due))
        self._count("miss", sum(key in elected for key in due))
        found = self._filled_if_possible(elected, is_needed=bool(missing))
        left = [key for key in missing if key not in found]
        until = time.monotonic() + PATIENCE_SECONDS
        while left:
            time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - against lockstep
            found |= self._look(left).values
            left = [key for key in left if key not in found]
            if time.monotonic() > until:
                return found | self._loaded(left)
            found |= self._filled(self._elect(left))
            left = [key for key in left if key not in found]
        return found

    def _elect(self, keys: list[K]) -> dict[K, int]:
        """{key: its version now} of those keys that this reader is to load. All of them while Valkey is away."""
        if not keys:
            return {}
        try:
            with _client().pipeline(transaction=False) as pipeline:
                for key in keys:
                    name = cache.make_key(self._version_key(key))
                    pipeline.set(cache.make_key(self._lock_key(key)), 1, nx=True, ex=LOADING_SECONDS)
                    pipeline.set(name, secrets.randbits(VERSION_BITS), nx=True, ex=self._kept_seconds * 2)
                    pipeline.get(name)
                answers = pipeline.execute()
        except (redis.RedisError, OSError):
            self._count("error")
            return dict.fromkeys(keys, -1)
        turns = zip(keys, answers[::3], answers[2::3], strict=True)
        return {key: int(version or -1) for key, is_mine, version in turns if is_mine}

    def _filled(self, elected: Mapping[K, int]) -> dict[K, V | None]:
        """Load, and keep what was found under the versions of before."""
        if not elected:
            return {}
        began_ms = _now_ms()
        try:
            # Somebody may have loaded it, and given the turn back, since this reader has looked.
            seen = self._look(elected)
            found = {key: value for key, value in seen.values.items() if key not in seen.due}
            loaded = self._loaded([key for key in elected if key not in found])
            if not causal.current().accepts_stale:
                self._keep(loaded, elected, began_ms)
        finally:
            cache.delete_many([self._lock_key(key) for key in elected])
        return found | loaded

    def _filled_if_possible(self, elected: Mapping[K, int], *, is_needed: bool) -> dict[K, V | None]:
        """The same; when all that is due has an old value, that is good enough for a database that is away."""
        try:
            return self._filled(elected)
        except (OperationalError, InterfaceError):
            if is_needed:
                raise
            return {}

    def _loaded(self, keys: list[K]) -> dict[K, V | None]:
        if not keys:
            return {}
        with causal.pin():  # see above: of replicas nobody knows what they have not heard of
            rows = self._load(keys)
        self._count("load")
        return {key: rows.get(key) for key in keys}

    def _keep(self, found: Mapping[K, V | None], versions: Mapping[K, int], began_ms: int) -> None:
        entries: dict[str, tuple[int, int, int, V | None]] = {}
        nothings: dict[str, tuple[int, int, int, V | None]] = {}
        for key, value in found.items():
            fresh_seconds = self.fresh_seconds if value is not None else NOTHING_SECONDS
            fresh_ms = fresh_seconds * 1000 * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - see above
            kind = entries if value is not None else nothings
            kind[self._key(key)] = (versions[key], began_ms, began_ms + int(fresh_ms), value)
        if entries:
            cache.set_many(entries, self._kept_seconds)
        if nothings:
            cache.set_many(nothings, NOTHING_SECONDS)

    @property
    def _kept_seconds(self) -> int:
        return int(self.fresh_seconds * HARD)

    def _key(self, key: K) -> str:
        return f"{self.name}:{key}"

    def _version_key(self, key: K) -> str:
        return f"{self.name}:{key}:version"

    def _lock_key(self, key: K) -> str:
        return f"{self.name}:{key}:loading"

    def _count(self, outcome: str, times: int = 1) -> None:
        if times:
            metrics.cache_reads.labels(self.name, outcome).inc(times)


def _client() -> Any:
    backend: Any = cache
    return backend.client.get_client(write=True)


def _now_ms() -> int:
    return int(time.time() * 1000)
