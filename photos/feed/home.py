"""The home feed: from the reader's timeline, or pulled from the shards where there is none.

Either way the shards are asked by one rule (`in_feed`), and the parts are merged by id, which is by time. The timeline
only says which photos to ask for: each shard at most once. Not on it, and so always pulled: the reader's own photos,
and those of authors with more than FEED_PUSH_UP_TO followers. Without a Valkey, and beyond a timeline's end, all is
pulled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import redis
from django.db.models import Q

from accounts import blocks_cache, people_cache
from accounts.models import User
from accounts.people_cache import Followees
from ops import metrics
from photos.display import outages
from photos.feed import timelines
from photos.feed.timelines import Timeline
from photos.models import Photo
from photos.models.querysets import PhotoQuerySet
from sharding.consistency import causal
from sharding.gather import keyset, multiplex
from sharding.rows import buckets, ids

PAGE = 24
# So many times a page are asked for, since some may not be shown (any more).
SPARE = 2

Owners = Mapping[str, list[int]]


@dataclass(frozen=True)
class Page:
    """Photos, newest first.

    `next_cursor` is the id below which the next page begins. `missing` is a sentence that names the people whose shards
    did not answer. `is_missing_timeline` asks the caller to send `rebuild_timeline` to a worker.
    """

    photos: list[Photo]
    next_cursor: int | None = None
    missing: str = ""
    is_missing_timeline: bool = False


def page(viewer: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """Return what the people whom `viewer` follows, and `viewer`, have published."""
    followed = people_cache.followees(viewer.pk)
    muted = blocks_cache.for_user(viewer).muted
    timeline, outcome = _timeline(viewer.pk, followed)
    is_missing_timeline = outcome == "missing"
    found = None
    if timeline is not None:
        part = timeline.below(before, limit * SPARE)
        pulled = {viewer.pk, *followed.popular} - muted
        owners_on = buckets.owners_by_shard(pulled.union(_owners_of(part, followed)) - muted)
        pulled_on = buckets.owners_by_shard(pulled)
        found = _from_timeline(viewer.pk, owners_on, pulled_on, part, before=before, limit=limit)
        outcome = "beyond" if found is None else "timeline"
    metrics.timeline_reads.labels("absent" if is_missing_timeline else outcome).inc()
    if found is None:
        owners_on = buckets.owners_by_shard(pk for pk in [viewer.pk, *followed.ids] if pk not in muted)
        found = _pulled(viewer.pk, owners_on, before=before, limit=limit)
    gone = [owner_id for alias in sorted(found.missing) for owner_id in owners_on[alias]]
    missing = outages.of_people(gone, viewer_id=viewer.pk)
    return Page(found.rows, found.next_cursor, missing, is_missing_timeline)


def rebuild(viewer_id: int) -> bool:
    """Make somebody's timeline, whose turn was taken (`timelines.begin`); False when a shard did not answer.

    From primaries: a photo that a replica has not heard of yet is pushed to nobody any more. Of all photos, as they are
    pushed: what is private now may be shown later, what is in the trash be restored. Raises redis' error.
    """
    with causal.session(), causal.pin():
        followed = people_cache.followees(viewer_id)
        popular = set(followed.popular)
        owners_on = buckets.owners_by_shard(owner_id for owner_id in followed.ids if owner_id not in popular)
        found = keyset.newest(
            lambda alias: Photo.objects.on(alias).filter(owner_id__in=owners_on[alias]).only("pk"),
            limit=timelines.MADE_OF,
            aliases=owners_on,
        )
    if found.missing:
        return False
    made_of = [row.pk for row in found.rows]
    timelines.finish(viewer_id, made_of, is_everything=found.next_cursor is None, mark=followed.mark)
    return True


def _timeline(viewer_id: int, followed: Followees) -> tuple[Timeline | None, str]:
    """Return the reader's timeline, or None and why: "missing" where this process won the turn to have it made."""
    if not followed.ids:
        return Timeline([], timelines.EVERYTHING), ""
    try:
        timeline = timelines.read(viewer_id, followed.mark)
        if timeline is None and timelines.begin(viewer_id):
            return None, "missing"
    except (redis.RedisError, OSError):
        return None, "away"
    return timeline, "absent"


def _owners_of(part: Timeline, followed: Followees) -> list[int]:
    """Return those of the followed whose photos these may be, by their buckets: not all are asked about again."""
    there = {ids.bucket_of(photo_id) for photo_id in part.ids}
    return [owner_id for owner_id in followed.ids if ids.bucket_for_owner(owner_id) in there]


def _from_timeline(
    viewer_id: int, owners_on: Owners, pulled_on: Owners, part: Timeline, *, before: int | None, limit: int
) -> keyset.Page[Photo] | None:
    """Return a page of what a timeline names and of what is never on one; None when it does not reach that far."""
    ids_on = buckets.by_shard(part.ids)

    def rows_on(alias: str) -> PhotoQuerySet:
        named = Q(pk__in=ids_on.get(alias, []))
        newest = Q(owner_id__in=pulled_on.get(alias, []), pk__gte=part.floor)
        shown = Photo.objects.on(alias).in_feed(viewer_id=viewer_id, owner_ids=owners_on[alias])
        return shown.filter(named | newest).newest(limit + 1, before=before)

    asked = [alias for alias in owners_on if alias in ids_on or alias in pulled_on]
    gathered = multiplex.gather(rows_on, asked)
    rows = keyset.merged_once(gathered.results.values(), limit + 1)
    if len(rows) <= limit and part.floor and not gathered.missing:
        return None
    has_more = len(rows) > limit or bool(gathered.missing and rows)
    shown = rows[:limit]
    return keyset.Page(shown, shown[-1].pk if has_more else None, gathered.missing)


def _pulled(
    viewer_id: int, owners_on: Owners, *, limit: int, before: int | None = None
) -> keyset.Page[Photo]:
    """Return the newest of these owners' photos that the viewer may see."""

    def rows_on(alias: str) -> PhotoQuerySet:
        return Photo.objects.on(alias).in_feed(viewer_id=viewer_id, owner_ids=owners_on[alias])

    return keyset.newest(rows_on, before=before, limit=limit, aliases=owners_on)
