"""Lists over all shards, newest first: new public photos, photos with a tag, search results.

Each shard is query for its newest rows, and the parts are merged (`sharding.gather.keyset`).
"""

from accounts.models import User
from accounts.relations import blocks_cache
from accounts.relations.follows import followee_ids
from photos.models import Photo
from photos.models.querysets import PhotoQuerySet
from photos.text.search_query import SearchQuery
from sharding.gather import keyset
from sharding.gather.keyset import Page
from sharding.rows import buckets

PAGE = 40


def newest(viewer: User | None = None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the newest public photos, without owners who have blocked the viewer or are blocked by the viewer."""
    blocked = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    return keyset.newest(Photo.objects.everywhere().public().not_by(blocked), before=before, limit=limit)


def tagged(tag: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the newest photos with a tag that the viewer may see."""
    return keyset.newest(_findable_by(viewer).filter(tags__contains=[tag]), before=before, limit=limit)


def matching(
    query: SearchQuery, viewer: User | None, *, before: int | None = None, limit: int = PAGE
) -> Page[Photo]:
    """Return the newest photos that match a search and that the viewer may see.

    A search for one person asks that person's shard alone. An empty query matches nothing.
    """
    if not query:
        return Page([])
    if not query.person:
        return keyset.newest(rows_matching(query, viewer), before=before, limit=limit)
    person = User.objects.filter(username=query.person, is_active=True).first()
    if person is None:
        return Page([])
    home = [buckets.shard_for_owner(person.pk)]
    return keyset.newest(rows_matching(query, viewer, person.pk), before=before, limit=limit, aliases=home)


def rows_matching(
    query: SearchQuery, viewer: User | None, owner_id: int | None = None
) -> PhotoQuerySet[Photo]:
    """Return the query for the matches on each shard, of one owner or of all."""
    rows = _findable_by(viewer)
    if owner_id is not None:
        rows = rows.filter(owner_id=owner_id)
    if query.tags:
        rows = rows.filter(tags__contains=query.tags)
    if query.words:
        rows = rows.with_words(query.words, viewer_id=viewer.pk if viewer else None)
    if query.camera:
        rows = rows.with_camera(query.camera)
    return rows.taken_within(query.taken).uploaded_within(query.uploaded)


def _findable_by(viewer: User | None) -> PhotoQuerySet[Photo]:
    """Return the query for the photos of each shard that lists may show to the viewer."""
    everywhere = Photo.objects.everywhere()
    if viewer is None:
        return everywhere.public()
    followed, blocked = followee_ids(viewer), blocks_cache.for_user(viewer).blocked_either_way
    return everywhere.findable_by(viewer_id=viewer.pk, followed_ids=followed).not_by(blocked)
