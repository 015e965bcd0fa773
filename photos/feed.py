"""The home feed, pulled: each shard is asked once for its part, and the parts are merged by id (which is by time)."""

from collections import defaultdict
from dataclasses import dataclass

from accounts.follows import followee_ids
from accounts.models import User
from photos.models import Photo
from sharding import buckets, ids
from sharding.scatter import merge_by_id, scatter

PAGE = 24


@dataclass(frozen=True)
class Page:
    """Photos, newest first; `next_cursor` is the id to go on below; `missing` names shards that did not answer."""

    photos: list[Photo]
    next_cursor: int | None
    missing: list[str]


def page(viewer: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """Return what the people whom `viewer` follows, and `viewer`, have published."""
    owners_on = owners_by_shard([viewer.pk, *followee_ids(viewer)])

    def ask(alias: str) -> list[Photo]:
        shown = Photo.objects.on(alias).in_feed(viewer_id=viewer.pk, owner_ids=owners_on[alias])
        return list(shown.newest(limit + 1, before=before))

    gathered = scatter(ask, aliases=list(owners_on))
    merged = merge_by_id(gathered.results.values(), limit + 1)
    photos = merged[:limit]
    next_cursor = photos[-1].pk if len(merged) > limit else None
    return Page(photos, next_cursor, sorted(gathered.missing))


def owners_by_shard(owner_ids: list[int]) -> dict[str, list[int]]:
    """Return {shard alias: the owners it holds}."""
    found: dict[str, list[int]] = defaultdict(list)
    for owner_id in owner_ids:
        found[buckets.shard_of(ids.bucket_for_owner(owner_id))].append(owner_id)
    return dict(found)
