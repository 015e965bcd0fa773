"""Lists over all shards, newest first: new public photos, photos with a tag, search results.

Each shard is query for its newest rows, and the parts are merged (`sharding.gather.keyset`).
"""

from dataclasses import dataclass

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
    return keyset.newest(rows_newest(viewer), before=before, limit=limit)


def tagged(tag: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the newest photos with a tag that the viewer may see."""
    return keyset.newest(rows_tagged(tag, viewer), before=before, limit=limit)


def matching(
    query: SearchQuery, viewer: User | None, *, before: int | None = None, limit: int = PAGE
) -> Page[Photo]:
    """Return the newest photos that match a search and that the viewer may see.

    A search for one person asks that person's shard alone. An empty query matches nothing.
    """
    found = searched(query, viewer)
    return found.page(before=before, limit=limit) if found else Page([])


@dataclass(frozen=True)
class Searched:
    """The query for the matches on each shard, and the shards to ask; None: all."""

    rows: PhotoQuerySet[Photo]
    aliases: list[str] | None = None

    def page(self, *, before: int | None, limit: int) -> Page[Photo]:
        """Return the newest matches below the id `before`."""
        return keyset.newest(self.rows, before=before, limit=limit, aliases=self.aliases)


def searched(query: SearchQuery, viewer: User | None) -> Searched | None:
    """Return the query of a search for the viewer; None for one that matches nothing."""
    if not query:
        return None
    if not query.person:
        return Searched(rows_matching(query, viewer))
    person = User.objects.filter(username=query.person, is_active=True).first()
    if person is None:
        return None
    return Searched(rows_matching(query, viewer, person.pk), [buckets.shard_for_owner(person.pk)])


def rows_newest(viewer: User | None) -> PhotoQuerySet[Photo]:
    """Return the query for the public photos of each shard."""
    blocked = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    return Photo.objects.everywhere().public().not_by(blocked)


def rows_tagged(tag: str, viewer: User | None) -> PhotoQuerySet[Photo]:
    """Return the query for the photos of each shard with a tag."""
    return _findable_by(viewer).filter(tags__contains=[tag])


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
