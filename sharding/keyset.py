"""One list over many shards, newest first, page by page.

Each shard is asked `id < cursor ORDER BY id DESC LIMIT n` and the answers are merged by id, which is by time: the cost
of a page does not depend on how deep it is, and nothing is skipped or shown twice when rows come or go in between."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from sharding import buckets
from sharding.ids import bucket_of
from sharding.placement import primary_of
from sharding.scatter import merge_by_id, scatter

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, newest first; the id that the next page goes on below; why shards are missing, by their alias.

    While a shard is missing nobody knows where the list ends: a page with rows then always has a next one. A page
    without rows never has, so that following pages comes to an end; it can be asked for again."""

    rows: list[M]
    next_cursor: int | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def newest(
    rows_on: Callable[[str], QuerySet[M]],
    *,
    limit: int,
    before: int | None = None,
    aliases: Iterable[str] | None = None,
    deadline_seconds: float = 2.0,
) -> Page[M]:
    """The newest `limit` rows of all shards (or of `aliases`) below the id `before`.

    `rows_on(alias)` is the unordered, unsliced queryset of one shard."""

    def ask(alias: str) -> list[M]:
        rows = rows_on(alias) if before is None else rows_on(alias).filter(pk__lt=before)
        return list(rows.order_by("-pk")[: limit + 1])

    gathered = scatter(ask, aliases, deadline_seconds=deadline_seconds)
    merged = merged_once(gathered.results.values(), limit + 1)
    rows = merged[:limit]
    has_more = len(merged) > limit or bool(gathered.missing and rows)
    return Page(rows, rows[-1].pk if has_more and rows else None, gathered.missing)


def merged_once(lists: Iterable[Sequence[M]], limit: int) -> list[M]:
    """The newest `limit` rows of lists that are each sorted by id, every id once.

    While a bucket moves a row may be on two shards: the copy on the shard that the bucket map names is the true one."""
    found = [list(rows) for rows in lists]
    best: dict[int, M] = {}
    for row in merge_by_id(found, sum(map(len, found)), key=lambda row: row.pk):
        if row.pk not in best:
            if len(best) == limit:
                break
            best[row.pk] = row
        elif _is_at_home(row):
            best[row.pk] = row
    return list(best.values())


def _is_at_home(row: Model) -> bool:
    return primary_of(row._state.db or "") == buckets.shard_of(bucket_of(row.pk))
