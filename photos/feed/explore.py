"""Finding photos of people one does not know yet: what is new, what has a tag, what has certain words.

Every shard is asked for its newest part and the parts are merged (`sharding.keyset`)."""

from accounts import blocks_cache
from accounts.follows import followee_ids
from accounts.models import User
from photos.models import Photo
from photos.models.querysets import PhotoQuerySet
from photos.text.search_query import SearchQuery
from sharding.gather import keyset
from sharding.gather.keyset import Page
from sharding.rows import buckets

PAGE = 40


def newest(viewer: User | None = None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return everybody's newest public photos, but for people whom a block keeps apart from the viewer."""
    apart = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    return keyset.newest(Photo.objects.everywhere().public().not_by(apart), before=before, limit=limit)


def tagged(tag: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the photos with a tag that the viewer may see."""
    return keyset.newest(_findable_by(viewer).filter(tags__contains=[tag]), before=before, limit=limit)


def matching(
    asked: SearchQuery, viewer: User | None, *, before: int | None = None, limit: int = PAGE
) -> Page[Photo]:
    """Return what the viewer may see and all of that is true of; of one person only their shard is asked."""
    if not asked:
        return Page([])
    if not asked.person:
        return keyset.newest(rows_matching(asked, viewer), before=before, limit=limit)
    person = User.objects.filter(username=asked.person, is_active=True).first()
    if person is None:
        return Page([])
    home = [buckets.shard_for_owner(person.pk)]
    return keyset.newest(rows_matching(asked, viewer, person.pk), before=before, limit=limit, aliases=home)


def rows_matching(asked: SearchQuery, viewer: User | None, owner_id: int | None = None) -> PhotoQuerySet:
    """Return the photos of each shard that a search finds, of one owner or of everybody."""
    rows = _findable_by(viewer)
    if owner_id is not None:
        rows = rows.filter(owner_id=owner_id)
    if asked.tags:
        rows = rows.filter(tags__contains=asked.tags)
    if asked.words:
        rows = rows.with_words(asked.words, viewer_id=viewer.pk if viewer else None)
    if asked.camera:
        rows = rows.with_camera(asked.camera)
    return rows.taken_within(asked.taken).uploaded_within(asked.uploaded)


def _findable_by(viewer: User | None) -> PhotoQuerySet:
    """Return the photos of each shard that lists may show to the viewer."""
    everywhere = Photo.objects.everywhere()
    if viewer is None:
        return everywhere.public()
    followed, apart = followee_ids(viewer), blocks_cache.for_user(viewer).blocked_either_way
    return everywhere.findable_by(viewer_id=viewer.pk, followed_ids=followed).not_by(apart)
