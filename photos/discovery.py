"""Finding photos of people one does not know yet: what is new, what has a tag, what has certain words.

Every shard is asked for its newest part and the parts are merged (`sharding.keyset`)."""

from accounts import keptaway
from accounts.follows import followee_ids
from accounts.models import User
from photos import words
from photos.models import Photo
from photos.querysets import PhotoQuerySet
from sharding import keyset
from sharding.keyset import Page

PAGE = 40


def explore(viewer: User | None = None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return everybody's newest public photos, but for people whom a block keeps apart from the viewer."""
    apart = keptaway.of(viewer).apart if viewer else frozenset()
    return keyset.newest(Photo.objects.everywhere().public().not_by(apart), before=before, limit=limit)


def tagged(tag: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the photos with a tag that the viewer may see."""
    return keyset.newest(_findable_by(viewer).filter(tags__contains=[tag]), before=before, limit=limit)


def found(text: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return what the viewer may see with all words of a text in caption or camera, or in their own file names."""
    asked = words.words_of(text)
    if not asked:
        return Page([])
    rows = _findable_by(viewer).with_words(asked, viewer_id=viewer.pk if viewer else None)
    return keyset.newest(rows, before=before, limit=limit)


def _findable_by(viewer: User | None) -> PhotoQuerySet:
    """Return the photos of each shard that lists may show to the viewer."""
    everywhere = Photo.objects.everywhere()
    if viewer is None:
        return everywhere.public()
    followed, apart = followee_ids(viewer), keptaway.of(viewer).apart
    return everywhere.findable_by(viewer_id=viewer.pk, followed_ids=followed).not_by(apart)
