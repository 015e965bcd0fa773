"""One list over many shards, newest first, page by page.

Each shard is asked `id < cursor ORDER BY id DESC LIMIT n` and the answers are merged by id, which is by time: the cost
of a page does not depend on how deep it is, and nothing is skipped or shown twice when rows come or go in between.
One thread asks them all (`multiplex`)."""

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

FIRST_ROUND = 0.6  # the part of the time that a first round may take which may need a second

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
    rows: QuerySet[M] | Callable[[str], QuerySet[M]],
    *,
    limit: int,
    before: int | None = None,
    aliases: Iterable[str] | None = None,
    deadline_seconds: float = 2.0,
) -> Page[M]:
    """The newest `limit` rows of all shards (or of `aliases`) below the id `before`.

    `rows` is unordered and unsliced: one queryset for every shard (`objects.everywhere()`), whose statement is then
    written once, or a function that gives the queryset of one. Each shard is asked for a little more than its share at
    first, and once more for all that could be wanted if its rows turn out to be newer than the others'."""
    until = time.monotonic() + deadline_seconds
    wanted = limit + 1  # one more than is shown tells whether there is a next page
    parts: dict[str, _Part[M]] = {
        alias: _Part(before) for alias in (settings.SHARDS if aliases is None else aliases)
    }
    missing: dict[str, str] = {}
    merged: list[M] = []
    asked, count = list(parts), _share(wanted, len(parts))
    # A shard that hangs must leave time to ask others once more.
    patience = deadline_seconds * (1 if count == wanted else FIRST_ROUND)
    while asked:
        asking = _next_rows(parts, rows, count)
        gathered = multiplex.gather(asking, asked, deadline_seconds=patience)
        missing |= gathered.missing
        for alias in asked:
            parts[alias].add(gathered.results.get(alias, []), count)
        merged = merged_once((part.rows for part in parts.values()), wanted)
        cutoff = merged[-1].pk if len(merged) == wanted else 0
        asked, count = [alias for alias, part in parts.items() if part.may_have_above(cutoff)], wanted
        patience = max(0.0, until - time.monotonic())
    has_more = len(merged) > limit or bool(missing and merged)
    shown = merged[:limit]
    return Page(shown, shown[-1].pk if has_more else None, missing)


class _Part(Generic[M]):
    """What one shard has given so far, and where its next rows begin."""

    def __init__(self, before: int | None) -> None:
        self.rows: list[M] = []
        self.below = before
        self._has_more = True

    def add(self, rows: list[M], asked: int) -> None:
        """Take what it gave; fewer than were asked for are its last, and so are none when it did not answer."""
        self.rows += rows
        self._has_more = len(rows) == asked
        self.below = rows[-1].pk if rows else self.below

    def may_have_above(self, cutoff: int) -> bool:
        """Whether rows that it has not given yet may be newer than one that is shown now."""
        return self._has_more and (self.below is None or self.below > cutoff)


def _next_rows(
    parts: Mapping[str, _Part[M]], rows: QuerySet[M] | Callable[[str], QuerySet[M]], count: int
) -> Callable[[str], QuerySet[M]]:
    """Return the function that gives one shard's queryset of so many rows that come after those it gave.

    Shards that are asked the same get the same queryset."""

    if isinstance(rows, QuerySet):
        after = cache(partial(_slice, rows, count=count))
        return lambda alias: after(parts[alias].below)
    return lambda alias: _slice(rows(alias), parts[alias].below, count=count)


def _slice(rows: QuerySet[M], below: int | None, *, count: int) -> QuerySet[M]:
    return (rows if below is None else rows.filter(pk__lt=below)).order_by("-pk")[:count]


def _share(wanted: int, shards: int) -> int:
    """How many rows to ask each shard for at first. Of few shards all that could be wanted: one may have the newest."""
    return wanted if shards < 4 else min(wanted, math.ceil(wanted / shards * 1.5) + 2)


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
