"""The bucket map: which shard has which bucket.

The rows stand in the directory with one version number. Each process keeps the whole map (8192 aliases) in
memory and asks for the version once per BUCKET_MAP_TTL_SECONDS; it reads the rows only when the version is
another. A directory that does not answer leaves the old map in force: reads and writes of shards go on."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F

from sharding.ids import BUCKETS, bucket_for_owner
from sharding.placement import DIRECTORY

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Unassigned(LookupError):
    """No shard has this bucket; `manage.py migrate_all` assigns what is free."""


class BucketMap:
    """The map as this process knows it. Thread-safe: one thread refreshes while the others use the old one."""

    def __init__(self) -> None:
        self.version = 0
        self._shards: Sequence[str | None] = ()
        self._checked_at = float("-inf")
        self._refreshing = threading.Lock()

    def shard_of(self, bucket: int) -> str:
        """The alias of the shard that has `bucket`; raises Unassigned when none has."""
        if time.monotonic() - self._checked_at > settings.BUCKET_MAP_TTL_SECONDS:
            self._refresh()
        shard = self._shards[bucket] if 0 <= bucket < len(self._shards) else None
        if shard is None:
            raise Unassigned(f"No shard has bucket {bucket} (bucket map version {self.version}).")
        return shard

    def forget(self) -> None:
        """Read the map again at the next question."""
        self.version = 0
        self._shards = ()
        self._checked_at = float("-inf")

    def _refresh(self) -> None:
        is_usable = bool(self._shards)
        if not self._refreshing.acquire(blocking=not is_usable):
            return
        try:
            if time.monotonic() - self._checked_at > settings.BUCKET_MAP_TTL_SECONDS:
                self._load()
        except (DatabaseError, InterfaceError):
            if not is_usable:
                raise
            logger.warning("The directory did not answer; bucket map %s stays in force.", self.version)
            self._checked_at = time.monotonic()
        finally:
            self._refreshing.release()

    def _load(self) -> None:
        # Only a process that has no map yet may learn it from a replica, which can be behind.
        replicas = () if self._shards else settings.REPLICAS.get(DIRECTORY, ())
        version = _first_answer(_read_version, (DIRECTORY, *replicas))
        if version != self.version or not self._shards:
            self._shards = _first_answer(_read_shards, (DIRECTORY, *replicas))
        # A version that was counted up in between is noticed by the next check.
        self.version = version
        # An empty map is not kept: the next question after `ensure_assigned` must find it.
        self._checked_at = time.monotonic() if self._shards else float("-inf")


def _first_answer(question: Callable[[str], T], aliases: Sequence[str]) -> T:
    for alias in aliases[:-1]:
        try:
            return question(alias)
        except (DatabaseError, InterfaceError):
            logger.warning("%s did not answer; asking for the bucket map elsewhere.", alias)
    return question(aliases[-1])


def _read_version(alias: str) -> int:
    rows = apps.get_model("sharding", "BucketMapVersion").objects.using(alias)
    return rows.values_list("version", flat=True).first() or 0


def _read_shards(alias: str) -> Sequence[str | None]:
    rows = apps.get_model("sharding", "Bucket").objects.using(alias).values_list("number", "shard")
    # One string object per shard, not one per row.
    shards: list[str | None] = [None] * BUCKETS
    for number, shard in rows.iterator():
        shards[number] = sys.intern(shard)
    return shards if any(shards) else ()


bucket_map = BucketMap()


def shard_of(bucket: int) -> str:
    """The alias of the shard that has `bucket`; raises Unassigned."""
    return bucket_map.shard_of(bucket)


def shard_for_owner(owner_id: int) -> str:
    """The alias of the shard that has everything of `owner_id`."""
    return bucket_map.shard_of(bucket_for_owner(owner_id))


def ensure_assigned() -> int:
    """Give every bucket without a shard to one, interleaved, so that neighbours spread evenly.

    Idempotent; a bucket that has a shard keeps it. Returns how many were assigned."""
    bucket_model = apps.get_model("sharding", "Bucket")
    version_model = apps.get_model("sharding", "BucketMapVersion")
    with transaction.atomic(using=DIRECTORY):
        version_model.objects.using(DIRECTORY).get_or_create(pk=1)
        # Whoever counts the version up holds its row: two processes assign one after the other.
        version = version_model.objects.using(DIRECTORY).select_for_update().filter(pk=1)
        version.get()
        known = set(bucket_model.objects.using(DIRECTORY).values_list("number", flat=True))
        free = [
            bucket_model(number=number, shard=settings.SHARDS[number % len(settings.SHARDS)])
            for number in range(BUCKETS)
            if number not in known
        ]
        bucket_model.objects.using(DIRECTORY).bulk_create(free, batch_size=2048)
        if free:
            version.update(version=F("version") + 1)
    bucket_map.forget()
    return len(free)


def find_empty_shards() -> list[str]:
    """Configured shards that have no bucket: new ones, which wait for a rebalance."""
    used = apps.get_model("sharding", "Bucket").objects.using(DIRECTORY).values_list("shard", flat=True)
    return sorted(set(settings.SHARDS) - set(used.distinct()))
