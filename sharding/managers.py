"""Managers that refuse to run until they are told whose rows are meant.

    Photo.objects.of(owner_id)      an owner's rows, on their shard
    Photo.objects.locate(id)        one row: the id names its bucket
    Photo.objects.in_bucket(b)      routed to the bucket's shard, not filtered
    Photo.objects.on("shard1")      one shard whole: sweeps and scatter

They only leave a hint; the router picks the database when the query runs, so reads go to a replica that
has caught up and writes to the primary, whatever the order of the calls."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Model, Q

from sharding import allocation, buckets
from sharding.ids import bucket_for_owner, bucket_of
from sharding.placement import MixedShards, Sharded, Unrouted

M_co = TypeVar("M_co", bound=Model, covariant=True)


class ShardedQuerySet(models.QuerySet[M_co]):
    """A queryset of one shard's rows."""

    _hints: dict[str, Any]
    _db: str | None

    def of(self, owner_id: int) -> Self:
        """The rows of one owner."""
        return self._hinted(bucket=bucket_for_owner(owner_id), owner_id=owner_id).filter(owner_id=owner_id)

    def locate(self, id: int) -> Self:  # noqa: A002
        """The row with this id, or no row."""
        return self._hinted(bucket=bucket_of(id)).filter(pk=id)

    def in_bucket(self, bucket: int) -> Self:
        """Asked on the shard of `bucket`; the caller filters."""
        return self._hinted(bucket=bucket)

    def on(self, alias: str) -> Self:
        """All rows of one shard, given by the alias of its primary (a replica may answer)."""
        if alias not in settings.SHARDS:
            raise Unrouted(f"{alias!r} is not a shard.")
        return self._hinted(shard=alias)

    def create(self, **kwargs: Any) -> M_co:
        """Save a new row where its owner says; after `.of(owner_id)` it belongs to that owner."""
        created = self.model(**kwargs)
        if "owner_id" in self._hints and "owner_id" not in kwargs:
            created.owner_id = self._hints["owner_id"]  # type: ignore[attr-defined]  # an OwnedModel
        created.save(force_insert=True, using=self._db)
        return created

    def bulk_create(self, objs: Iterable[M_co], *args: Any, **kwargs: Any) -> list[M_co]:
        """Insert rows of one shard, whose ids are made in one round trip; raises MixedShards."""
        rows = list(objs)
        if not rows:
            return rows
        found = [_bucket_of_row(row) for row in rows]
        alias = _one_shard(found)
        unnumbered = [(row, bucket) for row, bucket in zip(rows, found, strict=True) if row.pk is None]
        ids = allocation.new_ids_on(alias, [bucket for _, bucket in unnumbered])
        for (row, _), id in zip(unnumbered, ids, strict=True):  # noqa: A001
            row.pk = id
        return super(ShardedQuerySet, self.using(alias)).bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[M_co], *args: Any, **kwargs: Any) -> int:
        """Update rows of one shard; raises MixedShards."""
        rows = list(objs)
        if not rows:
            return 0
        alias = _one_shard(map(_bucket_of_row, rows))
        return super(ShardedQuerySet, self.using(alias)).bulk_update(rows, *args, **kwargs)

    def _hinted(self, **hints: Any) -> Self:
        clone = self.all()
        clone._hints = {**self._hints, **hints}
        return clone

    def _add_hints(self, **hints: Any) -> None:
        # Django shares one dictionary among all clones; two routes of one base queryset must not meet in it.
        self._hints = {**self._hints, **hints}

    def _filter_or_exclude_inplace(self, negate: bool, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        if "instance" in self._hints:
            self._check_related_are_of_one_shard(Q(*args, **kwargs))
        super()._filter_or_exclude_inplace(negate, args, kwargs)  # type: ignore[misc]  # not in the stubs

    def _check_related_are_of_one_shard(self, condition: Q) -> None:
        """Refuse a prefetch for objects of several shards: the others' rows would be missing, silently."""
        own_ids = {"pk__in", f"{self.model._meta.pk.name}__in"}
        for lookup, value in _leaves(condition):
            if lookup.endswith("__in") and isinstance(value, Collection) and not isinstance(value, str):
                found = {_bucket_of_value(item, is_id=lookup in own_ids) for item in value}
                known = {bucket for bucket in found if bucket is not None}
                if len(known) > 1:
                    _one_shard(known)


def _leaves(condition: Q) -> Iterable[tuple[str, Any]]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _leaves(child)
        elif isinstance(child, tuple):
            yield child


def _bucket_of_value(value: Any, *, is_id: bool) -> int | None:
    if isinstance(value, Sharded):
        return value.find_bucket()
    return bucket_of(value) if is_id and isinstance(value, int) else None


def _bucket_of_row(row: object) -> int:
    bucket = row.find_bucket() if isinstance(row, Sharded) else None
    if bucket is None:
        raise Unrouted(f"{row!r} names neither its owner nor its parent.")
    return bucket


def _one_shard(found: Iterable[int]) -> str:
    """The shard of all these buckets; raises MixedShards."""
    shards = {buckets.shard_of(bucket) for bucket in set(found)}
    if len(shards) > 1:
        raise MixedShards(f"One call is for one shard, and these are of {', '.join(sorted(shards))}.")
    return shards.pop()


ShardedManager = models.Manager.from_queryset(ShardedQuerySet)
