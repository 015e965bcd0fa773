"""The home feed, pulled: each shard is asked once for its part, and the parts are merged by id (which is by time)."""

from collections import defaultdict
from dataclasses import dataclass

from accounts.follows import feed_ids
from accounts.models import User
from photos import missing
from photos.models import Photo
from photos.querysets import PhotoQuerySet
from sharding import buckets, ids, keyset

PAGE = 24


@dataclass(frozen=True)
class Page:
    """Photos, newest first; `next_cursor` is the id to go on below; `missing` is a sentence on whose are not here."""

    photos: list[Photo]
    next_cursor: int | None = None
    missing: str = ""


def page(viewer: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """Return what the people whom `viewer` follows, and `viewer`, have published."""
    owners_on = owners_by_shard([viewer.pk, *feed_ids(viewer)])

    def rows_on(alias: str) -> PhotoQuerySet:
        return Photo.objects.on(alias).in_feed(viewer_id=viewer.pk, owner_ids=owners_on[alias])

    found = keyset.newest(rows_on, before=before, limit=limit, aliases=owners_on)
    gone = [owner_id for alias in sorted(found.missing) for owner_id in owners_on[alias]]
    return Page(found.rows, found.next_cursor, missing.of_people(gone, viewer_id=viewer.pk))


def owners_by_shard(owner_ids: list[int]) -> dict[str, list[int]]:
    """Return {shard alias: the owners it holds}."""
    found: dict[str, list[int]] = defaultdict(list)
    for owner_id in owner_ids:
        found[buckets.shard_of(ids.bucket_for_owner(owner_id))].append(owner_id)
    return dict(found)
