"""Managers that refuse to run a query until the caller names an owner, an id, a bucket or a shard.

    Photo.objects.of(owner_id)      an owner's rows, on their shard
    Photo.objects.locate(id)        one row: the id names its bucket
    Photo.objects.in_bucket(b)      routed to the bucket's shard, not filtered
    Photo.objects.on("shard1")      one shard whole: sweeps and scatter
    Photo.objects.everywhere()      each shard whole: lists over all of them (`keyset`)

These methods only leave a hint. The router picks the database when the query runs: reads go to a replica that has
caught up, writes to the primary, whatever the order of the calls."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models, router
from django.db.models import Model
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import WhereNode

from sharding.rows import allocation, buckets, transactions
from sharding.rows.ids import bucket_for_owner, bucket_of
from sharding.rows.placement import MixedShards, Sharded, Unrouted, is_sharded

M_co = TypeVar("M_co", bound=Model, covariant=True)


class ShardedQuerySet(models.QuerySet[M_co]):
    """A queryset of one shard's rows."""

    _hints: dict[str, Any]
    _db: str | None

    def of(self, owner_id: int) -> Self:
        """The rows of one owner. Rules that name the owner again, after the caller has done so, add no condition."""
        if self._hints.get("owner_id") == owner_id:
            return self
        return self._hinted(bucket=bucket_for_owner(owner_id), owner_id=owner_id).filter(owner_id=owner_id)

    def locate(self, row_id: int) -> Self:
        """The row with this id, or no row."""
        return self._hinted(bucket=bucket_of(row_id)).filter(pk=row_id)

    def in_bucket(self, bucket: int) -> Self:
        """The same rows, asked of the shard of `bucket`; the caller filters."""
        return self._hinted(bucket=bucket)

    def on(self, alias: str) -> Self:
        """All rows of one shard, named by the alias of its primary (a replica may answer).

        Rows of buckets that are still being moved in, or were left behind by a move, are not among them."""
        if alias not in settings.SHARDS:
            raise Unrouted(f"{alias!r} is not a shard.")
        return self._hinted(shard=alias).everywhere()

    def everywhere(self) -> Self:
        """All rows of the shard that is asked; the caller asks each shard, as `keyset.newest` does."""
        return self.filter(_IsAtHome("pk"))

    def server_on(self, shard: str) -> str:
        """The alias that answers this query on `shard` now: its primary, or a replica that has caught up."""
        return str(router.db_for_read(self.model, **{"shard": shard, **self._hints}))

    def from_rows(self, compiler: SQLCompiler, rows: list[tuple[Any, ...]], server: str) -> list[M_co]:
        """Model objects of rows that `server` has returned for the statement that `compiler` wrote for this query."""
        clone: Any = self.using(server)
        clone._query = _FinishedQuery(compiler, rows)  # noqa: SLF001 - a clone of this object
        return list(clone._iterable_class(clone))  # noqa: SLF001 - see above

    def __or__(self, other: models.QuerySet[M_co]) -> Self:
        """The rows of both, which are not known to be one owner's any more: see `of`."""
        combined = super().__or__(other)
        combined._hints = {name: value for name, value in combined._hints.items() if name != "owner_id"}
        return combined

    def create(self, **kwargs: Any) -> M_co:
        """Save a new row on its owner's shard; after `.of(owner_id)` it belongs to that owner."""
        created = self.model(**kwargs)
        if "owner_id" in self._hints and "owner_id" not in kwargs:
            created.owner_id = self._hints["owner_id"]  # type: ignore[attr-defined]  # an OwnedModel
        created.save(force_insert=True, using=self._db)
        return created

    def update(self, **kwargs: Any) -> int:
        with self._guarded():
            return super().update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]  # so that templates cannot call it

    def delete(self) -> tuple[int, dict[str, int]]:
        with self._guarded():
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # see above
    delete.queryset_only = True  # type: ignore[attr-defined]  # managers do not have it

    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **kwargs: Any) -> tuple[M_co, bool]:
        with self._guarded():
            return super().get_or_create(defaults, **kwargs)

    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[M_co, bool]:
        with self._guarded():
            return super().update_or_create(defaults, create_defaults, **kwargs)

    def bulk_create(self, objs: Iterable[M_co], *args: Any, **kwargs: Any) -> list[M_co]:
        """Insert rows of one shard; new ids take one round trip. Raises MixedShards."""
        rows = list(objs)
        if not rows:
            return rows
        row_buckets = [_bucket_of_row(row) for row in rows]
        with _guarding(row_buckets):
            alias = _one_shard(row_buckets)
            unnumbered = [
                (row, bucket) for row, bucket in zip(rows, row_buckets, strict=True) if row.pk is None
            ]
            ids = allocation.new_ids_on(alias, [bucket for _, bucket in unnumbered])
            for (row, _), row_id in zip(unnumbered, ids, strict=True):
                row.pk = row_id
            return super(ShardedQuerySet, self.using(alias)).bulk_create(rows, *args, **kwargs)

    def bulk_update(self, objs: Iterable[M_co], *args: Any, **kwargs: Any) -> int:
        """Update rows of one shard; raises MixedShards."""
        rows = list(objs)
        if not rows:
            return 0
        row_buckets = [_bucket_of_row(row) for row in rows]
        with _guarding(row_buckets):
            return super(ShardedQuerySet, self.using(_one_shard(row_buckets))).bulk_update(
                rows, *args, **kwargs
            )

    def _guarded(self) -> AbstractContextManager[object]:
        """The guarded transaction of a write to this queryset's bucket; where that is unknown only fences protect."""
        bucket = self._hints.get("bucket")
        return nullcontext() if bucket is None else transactions.guarded(bucket)

    def _hinted(self, **hints: Any) -> Self:
        clone = self.all()
        clone._hints = {**self._hints, **hints}
        return clone

    def _add_hints(self, **hints: Any) -> None:
        # Django shares one dictionary among all clones; hints of one clone must not reach another.
        self._hints = {**self._hints, **hints}

    def _fetch_all(self) -> None:
        if self._result_cache is None and "instance" in self._hints:
            _check_ids_are_of_one_shard(self.query.where)
        super()._fetch_all()


class _FinishedQuery:
    """Takes the place of a query and its compiler while a queryset makes objects of rows that are there already."""

    def __init__(self, compiler: SQLCompiler, rows: list[tuple[Any, ...]]) -> None:
        self._compiler = compiler
        self._rows = rows

    def get_compiler(self, **kwargs: Any) -> "_FinishedQuery":
        return self

    def execute_sql(self, **kwargs: Any) -> list[list[tuple[Any, ...]]]:
        return [self._rows]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)


class _IsAtHome(models.Func):
    """SQL: whether the answering shard owns the bucket of an id."""

    template = "((%(expressions)s >> 10) & 8191) <> ALL (ARRAY(SELECT number FROM tessera_away))"
    output_field = models.BooleanField()


def _guarding(row_buckets: Iterable[int]) -> AbstractContextManager[object]:
    """The guarded transaction of a write to one bucket; rows of several buckets are protected by the fences only."""
    distinct = set(row_buckets)
    return transactions.guarded(distinct.pop()) if len(distinct) == 1 else nullcontext()


def _check_ids_are_of_one_shard(where: WhereNode) -> None:
    """Refuse a prefetch for objects of several shards, since one query finds only one shard's rows."""
    for lookup in where.leaves():
        if isinstance(lookup, In) and isinstance(lookup.rhs, Collection):
            _check_one_shard(map(bucket_of, _ids_in(lookup.lhs, lookup.rhs)))


def _ids_in(lhs: Any, values: Collection[Any]) -> Iterator[int]:
    """The ids of sharded rows among the values of an IN; forward relations compare tuples."""
    columns = getattr(lhs, "targets", None) or [getattr(lhs, "target", None)]
    for value in values:
        for column, part in zip(columns, value if isinstance(value, tuple) else (value,), strict=True):
            if isinstance(part, int) and _holds_sharded_ids(column):
                yield part


def _holds_sharded_ids(column: Any) -> bool:
    if column is None or not (column.primary_key or column.is_relation):
        return False
    return is_sharded(column.related_model or column.model)


def _bucket_of_row(row: object) -> int:
    bucket = row.find_bucket() if isinstance(row, Sharded) else None
    if bucket is None:
        raise Unrouted(f"{row!r} names neither its owner nor its parent.")
    return bucket


def _one_shard(row_buckets: Iterable[int]) -> str:
    """The one shard of these buckets (at least one bucket); raises MixedShards."""
    return _check_one_shard(row_buckets).pop()


def _check_one_shard(row_buckets: Iterable[int]) -> set[str]:
    shards = {buckets.shard_of(bucket) for bucket in set(row_buckets)}
    if len(shards) > 1:
        raise MixedShards(f"One call is for one shard, and these are of {', '.join(sorted(shards))}.")
    return shards


ShardedManager = models.Manager.from_queryset(ShardedQuerySet)
