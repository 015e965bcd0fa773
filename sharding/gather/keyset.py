"""One list over many shards, newest first, page by page.

Each shard is asked `id < cursor ORDER BY id DESC LIMIT n`, and the answers are merged by id, which is the order of
time. The cost of a page does not depend on its depth, and no row is skipped or repeated when rows come or go between
pages. One thread asks all shards (`multiplex`)."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from sharding.gather import multiplex
from sharding.gather.scatter import merge_by_id
from sharding.rows import buckets
from sharding.rows.ids import bucket_of
from sharding.rows.placement import primary_of

FIRST_ROUND = 0.6  # the share of the deadline for the first round, where a second may be needed

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows, newest first; the cursor of the next page; {alias: reason} of shards that did not answer.

    While a shard is missing the end of the list is unknown: a page with rows then always has a next page. A page
    without rows never has one, so that following pages ends; its reader can ask for it again."""

    rows: list[M]
    next_cursor: int | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


def newest(
    rows: QuerySet[M] | Callable[[str], QuerySet[M]],
    *,
    limit: int,
    before: int | None = None,
    aliases: Iterable[str] | None = None,
    deadline_seconds: float = 2.0,
) -> Page[M]:
    """The newest `limit` rows of all shards (or of `aliases`) below the id `before`.

    `rows` is unordered and unsliced: one queryset for all shards (`objects.everywhere()`), whose SQL is then compiled
    once, or a function from an alias to its queryset. Each shard is asked for a little more than its share first, and
    once more for `limit` rows if its rows turn out to be newer than those of other shards."""
    until = time.monotonic() + deadline_seconds
    needed = limit + 1  # the row after the page tells whether there is a next page
    parts: dict[str, _Part[M]] = {
        alias: _Part(before) for alias in (settings.SHARDS if aliases is None else aliases)
    }
    missing: dict[str, str] = {}
    merged: list[M] = []
    pending, count = list(parts), _share(needed, len(parts))
    # A shard that hangs must leave time to ask others once more.
    patience = deadline_seconds * (1 if count == needed else FIRST_ROUND)
    while pending:
        asking = _next_rows(parts, rows, count)
        gathered = multiplex.gather(asking, pending, deadline_seconds=patience)
        missing |= gathered.missing
        for alias in pending:
            parts[alias].add(gathered.results.get(alias, []), count)
        merged = merged_once((part.rows for part in parts.values()), needed)
        cutoff = merged[-1].pk if len(merged) == needed else 0
        pending, count = [alias for alias, part in parts.items() if part.may_have_above(cutoff)], needed
        patience = max(0.0, until - time.monotonic())
    has_more = len(merged) > limit or bool(missing and merged)
    page = merged[:limit]
    return Page(page, page[-1].pk if has_more else None, missing)


class _Part(Generic[M]):
    """The rows of one shard so far, and the id below which its next rows begin."""

    def __init__(self, before: int | None) -> None:
        self.rows: list[M] = []
        self.below = before
        self._has_more = True

    def add(self, rows: list[M], limit: int) -> None:
        """Add the shard's answer to a question for `limit` rows; fewer are its last ones (none: it did not answer)."""
        self.rows += rows
        self._has_more = len(rows) == limit
        self.below = rows[-1].pk if rows else self.below

    def may_have_above(self, cutoff: int) -> bool:
        """Whether the shard may have further rows with ids above `cutoff`."""
        return self._has_more and (self.below is None or self.below > cutoff)


def _next_rows(
    parts: Mapping[str, _Part[M]], rows: QuerySet[M] | Callable[[str], QuerySet[M]], count: int
) -> Callable[[str], QuerySet[M]]:
    """Return a function from an alias to the queryset of its next `count` rows.

    Shards with the same cursor get the same queryset object, so that its SQL is compiled once."""

    if isinstance(rows, QuerySet):
        after = cache(partial(_slice, rows, count=count))
        return lambda alias: after(parts[alias].below)
    return lambda alias: _slice(rows(alias), parts[alias].below, count=count)


def _slice(rows: QuerySet[M], below: int | None, *, count: int) -> QuerySet[M]:
    return (rows if below is None else rows.filter(pk__lt=below)).order_by("-pk")[:count]


def _share(needed: int, shards: int) -> int:
    """How many rows to ask each shard for first. Fewer than four shards: all, since one may have the newest ones."""
    return needed if shards < 4 else min(needed, math.ceil(needed / shards * 1.5) + 2)


def merged_once(lists: Iterable[Sequence[M]], limit: int) -> list[M]:
    """The newest `limit` rows of lists that are each sorted by id, newest first; each id once.

    While its bucket moves, a row may be on two shards: the copy on the shard that the bucket map names is kept."""
    sorted_lists = [list(rows) for rows in lists]
    best: dict[int, M] = {}
    for row in merge_by_id(sorted_lists, sum(map(len, sorted_lists)), key=lambda row: row.pk):
        if row.pk not in best:
            if len(best) == limit:
                break
            best[row.pk] = row
        elif _is_at_home(row):
            best[row.pk] = row
    return list(best.values())


def _is_at_home(row: Model) -> bool:
    return primary_of(row._state.db or "") == buckets.shard_of(bucket_of(row.pk))
