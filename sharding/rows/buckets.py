"""The bucket map: which shard has which bucket.

The map's rows and one version number are in the directory. Each process keeps the whole map (8192 aliases) in memory,
asks for the version once per BUCKET_MAP_TTL_SECONDS, and reads the rows only when the version has changed. While the
directory does not answer, the old map stays in force: reads and writes of shards go on.

An old map does no harm. The shard itself checks writes (`ownership`) and says where a bucket went. A causal token names
the version of the map that its writer knew, so that the token's bearer reads where the write was made."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F, Subquery

from ops import metrics
from sharding.rows.ids import BUCKETS, bucket_for_owner, bucket_of
from sharding.rows.placement import DIRECTORY

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Up to this age a map is used while another thread reads a newer one; later, threads wait this long for the newer one.
WAIT_SECONDS = 2.0


class Unassigned(LookupError):
    """No shard has this bucket; `manage.py migrate_all` assigns buckets that no shard has."""


class BucketMap:
    """The map as this process knows it. Thread-safe: one thread refreshes while the others use the old map."""

    def __init__(self) -> None:
        self.version = 0
        self._shards: list[str | None] = []
        self._floors: dict[str, int] = {}
        self._checked_at = float("-inf")
        self._refreshing = threading.Lock()

    def shard_of(self, bucket: int) -> str:
        """The alias of the shard that has `bucket`; raises Unassigned when none has."""
        if self._age_seconds() > settings.BUCKET_MAP_TTL_SECONDS:
            self._refresh_by_age()
        shard = self._shards[bucket] if 0 <= bucket < len(self._shards) else None
        if shard is None:
            raise Unassigned(f"No shard has bucket {bucket} (bucket map version {self.version}).")
        return shard

    def floor_of(self, alias: str) -> int:
        """The LSN that a replica of the shard `alias` must have replayed to have all buckets moved there."""
        return self._floors.get(alias, 0)

    def ensure(self, version: int) -> None:
        """Refresh a map that is older than `version`, if the directory answers."""
        self._refresh(lambda: self.version < version, patience_seconds=WAIT_SECONDS)

    def follow(self, bucket: int, *, away_from: str, to: str) -> None:
        """Correct the map after the shard `away_from` has refused a bucket, which moved to `to` ("": unknown).

        The shard counts more than a map that still names it: the directory may be away, or may have lost its last
        transactions in a failover."""
        self._refresh(lambda: self._names(bucket, away_from), patience_seconds=WAIT_SECONDS)
        if self._names(bucket, away_from) and to in settings.SHARDS:
            self._shards[bucket] = to

    def forget(self) -> None:
        """Drop the map; the next question reads it again."""
        self.version = 0
        self._shards, self._floors = [], {}
        self._checked_at = float("-inf")

    def _names(self, bucket: int, shard: str) -> bool:
        return bool(self._shards) and self._shards[bucket] == shard

    def _age_seconds(self) -> float:
        return time.monotonic() - self._checked_at

    def _refresh_by_age(self) -> None:
        """Let one thread read the map. The others wait for it only if theirs is older than WAIT_SECONDS."""
        is_young = self._shards and self._age_seconds() < WAIT_SECONDS
        patience = 0 if is_young else WAIT_SECONDS if self._shards else -1
        self._refresh(
            lambda: self._age_seconds() > settings.BUCKET_MAP_TTL_SECONDS, patience_seconds=patience
        )

    def _refresh(self, is_needed: Callable[[], bool], *, patience_seconds: float) -> None:
        """Load the map if needed; wait up to `patience_seconds` for a thread that is doing so (-1: without limit)."""
        if not is_needed() or not self._refreshing.acquire(
            patience_seconds != 0, timeout=patience_seconds or -1
        ):
            return
        is_usable = bool(self._shards)
        try:
            if is_needed():
                self._load()
        except (DatabaseError, InterfaceError):
            if not is_usable:
                raise
            logger.warning("The directory did not answer; bucket map %s stays in force.", self.version)
            self._checked_at = time.monotonic()
            metrics.bucket_map_refreshes.labels("away").inc()
        finally:
            self._refreshing.release()

    def _load(self) -> None:
        # A replica can be behind: it may answer only a process that has no map yet.
        replicas = () if self._shards else settings.REPLICAS.get(DIRECTORY, ())
        version = _first_answer(_read_version, (DIRECTORY, *replicas))
        if version != self.version or not self._shards:
            # Set together: a token names the version written by, and a shard is read only with its floor known.
            self._floors, self._shards, version = _first_answer(_read_rows, (DIRECTORY, *replicas))
            metrics.bucket_map_refreshes.labels("read").inc()
        else:
            metrics.bucket_map_refreshes.labels("unchanged").inc()
        self.version = version
        metrics.bucket_map_version.set(version)
        # An empty map is not kept: the question after `ensure_assigned` must find the rows.
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


def _read_rows(alias: str) -> tuple[dict[str, int], list[str | None], int]:
    """{shard: floor} of shards that buckets were moved to, the shard of each bucket ([]: empty map), and the version.

    One statement, so that all three are of one moment."""
    versions = apps.get_model("sharding", "BucketMapVersion").objects.values("version")[:1]
    mapped = apps.get_model("sharding", "Bucket").objects.using(alias)
    rows = mapped.values_list("number", "shard", "min_lsn", Subquery(versions))
    shards: list[str | None] = [None] * BUCKETS
    floors: dict[str, int] = {}
    version = 0
    for number, shard, min_lsn, version in rows.iterator():  # noqa: B007 - the same in each row
        shards[number] = sys.intern(shard)  # one string object per shard, not one per row
        if min_lsn:
            floors[shard] = max(min_lsn, floors.get(shard, 0))
    return floors, (shards if any(shards) else []), version or 0


bucket_map = BucketMap()


def shard_of(bucket: int) -> str:
    """The alias of the shard that has `bucket`; raises Unassigned."""
    return bucket_map.shard_of(bucket)


def follow(bucket: int, *, away_from: str, to: str = "") -> None:
    """Correct the map after the shard `away_from` has refused a bucket, which moved to `to` ("": unknown)."""
    bucket_map.follow(bucket, away_from=away_from, to=to)


def shard_for_owner(owner_id: int) -> str:
    """The alias of the shard that has all rows of `owner_id`."""
    return bucket_map.shard_of(bucket_for_owner(owner_id))


def by_shard(row_ids: Iterable[int]) -> dict[str, list[int]]:
    """Ids of sharded rows by the shard that has them: {alias: ids, in the order given}. Raises Unassigned."""
    return _grouped(row_ids, lambda row_id: shard_of(bucket_of(row_id)))


def owners_by_shard(owner_ids: Iterable[int]) -> dict[str, list[int]]:
    """Owners by the shard that has their rows: {alias: ids, in the order given}. Raises Unassigned."""
    return _grouped(owner_ids, shard_for_owner)


def _grouped(numbers: Iterable[int], alias_of: Callable[[int], str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for number in numbers:
        groups.setdefault(alias_of(number), []).append(number)
    return groups


def ensure_assigned() -> int:
    """Assign every bucket that has no shard to one, interleaved so that neighbours spread evenly; return how many.

    Idempotent: a bucket that has a shard keeps it."""
    bucket_model = apps.get_model("sharding", "Bucket")
    with transaction.atomic(using=DIRECTORY):
        lock_map()
        assigned = set(bucket_model.objects.using(DIRECTORY).values_list("number", flat=True))
        free = [
            bucket_model(number=number, shard=settings.SHARDS[number % len(settings.SHARDS)])
            for number in range(BUCKETS)
            if number not in assigned
        ]
        bucket_model.objects.using(DIRECTORY).bulk_create(free, batch_size=2048)
        if free:
            count_up()
    bucket_map.forget()
    return len(free)


def lock_map() -> None:
    """Lock the map against other changes, and plans of changes, until the caller's directory transaction ends."""
    rows = apps.get_model("sharding", "BucketMapVersion").objects.using(DIRECTORY)
    rows.get_or_create(pk=1)
    rows.select_for_update().get(pk=1)


def count_up() -> None:
    """Give the map a new version, by which processes notice a change; for the transaction that makes the change."""
    rows = apps.get_model("sharding", "BucketMapVersion").objects.using(DIRECTORY)
    rows.filter(pk=1).update(version=F("version") + 1)


def find_empty_shards() -> list[str]:
    """Configured shards that have no bucket: new shards, which wait for a rebalance."""
    used = apps.get_model("sharding", "Bucket").objects.using(DIRECTORY).values_list("shard", flat=True)
    return sorted(set(settings.SHARDS) - set(used.distinct()))
