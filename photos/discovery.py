"""Finding photos of people one does not know yet: what is new, what has a tag, what has certain words.

Every shard is asked for its newest part and the parts are merged (`sharding.keyset`)."""

from collections.abc import Callable

from accounts.follows import followee_ids
from accounts.models import User
from photos import words
from photos.models import Photo
from photos.querysets import PhotoQuerySet
from sharding import keyset
from sharding.keyset import Page

PAGE = 40


def explore(*, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return everybody's newest public photos."""
    return keyset.newest(lambda alias: Photo.objects.on(alias).public(), before=before, limit=limit)


def tagged(tag: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return the photos with a tag that the viewer may see."""
    findable_on = _findable_by(viewer)
    return keyset.newest(
        lambda alias: findable_on(alias).filter(tags__contains=[tag]), before=before, limit=limit
    )


def found(text: str, viewer: User | None, *, before: int | None = None, limit: int = PAGE) -> Page[Photo]:
    """Return what the viewer may see with all words of a text in caption or camera, or in their own file names."""
    asked = words.words_of(text)
    if not asked:
        return Page([])
    findable_on, viewer_id = _findable_by(viewer), viewer.pk if viewer else None
    return keyset.newest(
        lambda alias: findable_on(alias).with_words(asked, viewer_id=viewer_id), before=before, limit=limit
    )


def _findable_by(viewer: User | None) -> Callable[[str], PhotoQuerySet]:
    """Return the function that gives one shard's photos that lists may show to the viewer."""
    if viewer is None:
        return lambda alias: Photo.objects.on(alias).public()
    viewer_id, followed = viewer.pk, followee_ids(viewer)
    return lambda alias: Photo.objects.on(alias).findable_by(viewer_id=viewer_id, followed_ids=followed)
