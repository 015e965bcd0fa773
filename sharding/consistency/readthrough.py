"""Read-through cache in front of the databases, which never returns a value older than a write its reader knows of.

    PEOPLE = Group("people", load=_people, fresh_seconds=60)     a kind of value; load(keys) -> {key: value}
    PEOPLE.get_many(ids)                                         {id: value}; one question to the cache, one load
    PEOPLE.invalidate(ids)                                       beside the write, within its transaction

Consistency, as for replicas:

- Each key has a **version**, a random number that every write changes, once before and once after its commit. A value
  is loaded from the primary and kept with the version seen before the load. A value read before a write can therefore
  never overwrite a newer one: its version no longer matches. All pods see the new version after the write.
- If Valkey is away during a write, it may have the old value when it is back. The writer's causal **token** then says
  that values loaded before are not for its bearer. Other readers get the old value until it expires.
- Within a transaction the cache is neither read nor filled, because the transaction may be rolled back.

Against stampedes: one reader loads a missing value, the others wait for it (single flight). After `fresh_seconds`, with
10 % jitter, one reader loads the value again, while the others still get the old one, for up to HARD times that. A
missing value is kept as None, for NOTHING_SECONDS. While Valkey is away every reader loads from the database."""

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
HARD = 3  # a value expires after this many times its fresh_seconds
LOADING_SECONDS = 5  # a reader that loads for longer counts as dead
PATIENCE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
NOTHING_SECONDS = 10
VERSION_BITS = 62  # fits the integers of Valkey, which Django stores unpickled


@dataclass(frozen=True)
class _Seen(Generic[K, V]):
    """Values found in the cache, and the keys of those that are due to be loaded again."""

    values: dict[K, V | None]
    due: list[K]


def _in_directory(key: object) -> str:
    return DIRECTORY


class Group(Generic[K, V]):
    """Cached values of one kind, by key. `load(keys)` returns {key: value} and leaves out keys without a value.

    `primary_of(key)` names the database that the key's value is loaded from."""

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
        """The value of a key; None when it has none. Raises what `load` raises."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Iterable[K]) -> dict[K, V]:
        """{key: value} of the keys that have a value. Raises what `load` raises."""
        distinct = list(dict.fromkeys(keys))
        if not distinct:
            return {}
        if any(map(transactions.is_open, {self._primary_of(key) for key in distinct})):
            return dict(self._load(distinct))
        seen = self._look(distinct)
        missing = [key for key in distinct if key not in seen.values]
        self._count("hit", len(seen.values) - len(seen.due))
        self._count("miss", len(missing))
        values = seen.values | self._fetched(missing, seen.due)
        return {key: value for key, value in values.items() if value is not None}

    def invalidate(self, keys: Iterable[K]) -> None:
        """Invalidate the values of these keys now, and again when the open transaction has committed.

        The second time counts. The first is for a process that dies between its commit and the second."""
        distinct = list(dict.fromkeys(keys))
        if not distinct:
            return
        self._bump(distinct)
        for alias in {self._primary_of(key) for key in distinct}:
            of_alias = [key for key in distinct if self._primary_of(key) == alias]
            if transactions.is_open(alias):
                transactions.on_commit(partial(self._bump, of_alias), alias=alias, robust=True)

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
        """The cached values that this reader may get, in one round trip."""
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
        """Load the values whose turn this reader wins; wait for those that other readers load."""
        if not missing and not due:
            return {}
        elected = self._elect([*missing, *due])
        self._count("stale", sum(key not in elected for key in due))
        self._count("miss", sum(key in elected for key in due))
        values = self._filled_if_possible(elected, is_needed=bool(missing))
        left = [key for key in missing if key not in values]
        until = time.monotonic() + PATIENCE_SECONDS
        while left:
            time.sleep(PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - readers must not poll in step
            values |= self._look(left).values
            left = [key for key in left if key not in values]
            if time.monotonic() > until:
                return values | self._loaded(left)
            values |= self._filled(self._elect(left))
            left = [key for key in left if key not in values]
        return values

    def _elect(self, keys: list[K]) -> dict[K, int]:
        """{key: its version} of the keys that this reader is to load; all keys while Valkey is away."""
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
        """Load values, and keep them under the versions seen before the load."""
        if not elected:
            return {}
        began_ms = _now_ms()
        try:
            # Another reader may have loaded the value since `_look`, and given the turn back.
            seen = self._look(elected)
            fresh = {key: value for key, value in seen.values.items() if key not in seen.due}
            loaded = self._loaded([key for key in elected if key not in fresh])
            if not causal.current().accepts_stale:
                self._keep(loaded, elected, began_ms)
        finally:
            cache.delete_many([self._lock_key(key) for key in elected])
        return fresh | loaded

    def _filled_if_possible(self, elected: Mapping[K, int], *, is_needed: bool) -> dict[K, V | None]:
        """Call `_filled`; while the database is away, go on without new values unless one is needed."""
        try:
            return self._filled(elected)
        except (OperationalError, InterfaceError):
            if is_needed:
                raise
            return {}

    def _loaded(self, keys: list[K]) -> dict[K, V | None]:
        if not keys:
            return {}
        with causal.pin():  # a replica may lack a write that the version already counts
            rows = self._load(keys)
        self._count("load")
        return {key: rows.get(key) for key in keys}

    def _keep(self, loaded: Mapping[K, V | None], versions: Mapping[K, int], began_ms: int) -> None:
        entries: dict[str, tuple[int, int, int, V | None]] = {}
        nothings: dict[str, tuple[int, int, int, V | None]] = {}
        for key, value in loaded.items():
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
