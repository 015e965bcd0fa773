"""The home feed: fan-out on write, with fan-out on read where the reader has no timeline.

Both ways query each shard once at most, by the same visibility rule (`in_feed`), and merge the parts by id, which is by
time. A timeline only names the photos to query. The reader's own photos, and those of authors with more than
FEED_PUSH_UP_TO followers, are on no timeline and always pulled. Beyond a timeline's end, and while Valkey does not
answer, everything is pulled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import redis
from django.db.models import Q

from accounts.models import User
from accounts.relations import blocks_cache, people_cache
from accounts.relations.people_cache import Followees
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
SPARE = 2  # times as many ids as a page shows are queried, because some photos may not be visible any more

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
    """Return a page of the photos published by `viewer` and the people `viewer` follows."""
    followed = people_cache.followees(viewer.pk)
    muted = blocks_cache.for_user(viewer).muted
    timeline, outcome = _timeline(viewer.pk, followed)
    is_missing_timeline = outcome == "missing"
    feed = None
    if timeline is not None:
        part = timeline.below(before, limit * SPARE)
        pulled = {viewer.pk, *followed.popular} - muted
        owners_on = buckets.owners_by_shard(pulled.union(_owners_of(part, followed)) - muted)
        pulled_on = buckets.owners_by_shard(pulled)
        feed = _from_timeline(viewer.pk, owners_on, pulled_on, part, before=before, limit=limit)
        outcome = "beyond" if feed is None else "timeline"
    metrics.timeline_reads.labels("absent" if is_missing_timeline else outcome).inc()
    if feed is None:
        owners_on = owners_for(viewer)
        feed = _pulled(viewer.pk, owners_on, before=before, limit=limit)
    unreachable = [owner_id for alias in sorted(feed.missing) for owner_id in owners_on[alias]]
    missing = outages.sentence_about_people(unreachable, viewer_id=viewer.pk)
    return Page(feed.rows, feed.next_cursor, missing, is_missing_timeline)


def owners_for(viewer: User) -> dict[str, list[int]]:
    """Return {alias: ids} of the people whose photos `viewer`'s feed shows, themselves included."""
    muted = blocks_cache.for_user(viewer).muted
    followed = people_cache.followees(viewer.pk)
    return buckets.owners_by_shard(pk for pk in [viewer.pk, *followed.ids] if pk not in muted)


def rebuild(viewer_id: int) -> bool:
    """Rebuild a reader's timeline after `timelines.begin`; return False when a shard did not answer.

    Reads primaries, because a photo that a replica lacks may have been pushed before and is not pushed again. Includes
    private and trashed photos, as pushing does, because they may become visible later. Raises redis.RedisError.
    """
    with causal.session(), causal.pin():
        followed = people_cache.followees(viewer_id)
        popular = set(followed.popular)
        owners_on = buckets.owners_by_shard(owner_id for owner_id in followed.ids if owner_id not in popular)
        newest = keyset.newest(
            lambda alias: Photo.objects.on(alias).filter(owner_id__in=owners_on[alias]).only("pk"),
            limit=timelines.MADE_OF,
            aliases=owners_on,
        )
    if newest.missing:
        return False
    photo_ids = [row.pk for row in newest.rows]
    timelines.finish(viewer_id, photo_ids, is_everything=newest.next_cursor is None, mark=followed.mark)
    return True


def _timeline(viewer_id: int, followed: Followees) -> tuple[Timeline | None, str]:
    """Return (the reader's timeline or None, the outcome for the metric).

    The outcome is "missing" where the caller has won the turn to have it rebuilt, "absent" where another one has, and
    "away" while Valkey does not answer.
    """
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
    """Return the followees who may own these photos, by bucket: the query need not name all followees."""
    photo_buckets = {ids.bucket_of(photo_id) for photo_id in part.ids}
    return [owner_id for owner_id in followed.ids if ids.bucket_for_owner(owner_id) in photo_buckets]


def _from_timeline(
    viewer_id: int, owners_on: Owners, pulled_on: Owners, part: Timeline, *, before: int | None, limit: int
) -> keyset.Page[Photo] | None:
    """Return a page of the timeline's photos merged with the pulled ones; None beyond the timeline's end."""
    ids_on = buckets.by_shard(part.ids)

    def rows_on(alias: str) -> PhotoQuerySet[Photo]:
        on_timeline = Q(pk__in=ids_on.get(alias, []))
        pulled = Q(owner_id__in=pulled_on.get(alias, []), pk__gte=part.floor)
        visible = Photo.objects.on(alias).in_feed(viewer_id=viewer_id, owner_ids=owners_on[alias])
        return visible.filter(on_timeline | pulled).newest(limit + 1, before=before)

    aliases = [alias for alias in owners_on if alias in ids_on or alias in pulled_on]
    gathered = multiplex.gather(rows_on, aliases)
    rows = keyset.merged_once(gathered.results.values(), limit + 1)
    if len(rows) <= limit and part.floor and not gathered.missing:
        return None
    has_more = len(rows) > limit or bool(gathered.missing and rows)
    page_rows = rows[:limit]
    return keyset.Page(page_rows, page_rows[-1].pk if has_more else None, gathered.missing)


def _pulled(
    viewer_id: int, owners_on: Owners, *, limit: int, before: int | None = None
) -> keyset.Page[Photo]:
    """Return the newest photos of these owners that the viewer may see, read from their shards."""

    def rows_on(alias: str) -> PhotoQuerySet[Photo]:
        return Photo.objects.on(alias).in_feed(viewer_id=viewer_id, owner_ids=owners_on[alias])

    return keyset.newest(rows_on, before=before, limit=limit, aliases=owners_on)
