"""The photos before and behind one in the list from which it was opened.

A list that does not hold the photo, or no longer, has no place for it (None).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.relations import people_cache
from photos.feed import explore, home, popular
from photos.library import album_contents, memories
from photos.models import Album, Favourite, Photo
from photos.models.querysets import PhotoQuerySet
from photos.social import audience
from photos.text.search_query import SearchQuery
from sharding.gather import multiplex
from sharding.rows import ids

REACH = 20  # photos before it with which its list is shown again
SPARE = 6  # photos behind it that are read, because the owners of some may not be active

RowsOn = Callable[[str], PhotoQuerySet[Photo]]


@dataclass(frozen=True)
class Place:
    """The ids of the photos before and behind one, None at the ends; the cursor of a page of the list that shows it."""

    before: int | None
    behind: int | None
    cursor: dict[str, str] = field(default_factory=dict)


def in_newest(photo: Photo, viewer: User | None) -> Place | None:
    """Return a photo's place among the newest public ones."""
    return _by_id(photo, lambda _: explore.rows_newest(viewer), settings.SHARDS)


def in_tag(photo: Photo, viewer: User | None, tag: str) -> Place | None:
    """Return a photo's place among those with a tag."""
    return _by_id(photo, lambda _: explore.rows_tagged(tag, viewer), settings.SHARDS)


def in_search(photo: Photo, viewer: User | None, query: SearchQuery) -> Place | None:
    """Return a photo's place among the matches of a search."""
    matches = explore.searched(query, viewer)
    if matches is None:
        return None
    aliases = settings.SHARDS if matches.aliases is None else matches.aliases
    return _by_id(photo, lambda _: matches.rows, aliases)


def in_home(photo: Photo, viewer: User) -> Place | None:
    """Return a photo's place in the viewer's feed."""
    owners_on = home.owners_for(viewer)

    def rows_on(alias: str) -> PhotoQuerySet[Photo]:
        return Photo.objects.on(alias).in_feed(viewer_id=viewer.pk, owner_ids=owners_on[alias])

    return _by_id(photo, rows_on, owners_on)


def in_popular(photo: Photo, viewer: User | None) -> Place | None:
    """Return a photo's place among the most liked ones."""
    near = popular.around(photo.pk, viewer, REACH)
    place = _index(photo.pk, [each.pk for _, each in near or []])
    if near is None or place is None:
        return None
    above, below = near[:place][::-1], near[place + 1 :]
    cursor = {}
    if len(above) == REACH:
        likes, photo_id = above[-1][0]
        cursor = {"likes": str(likes), "before": ids.encode(photo_id)}
    return Place(_first([each for _, each in above]), _first([each for _, each in below]), cursor)


def in_favourites(photo: Photo, viewer: User) -> Place | None:
    """Return a photo's place among those that the viewer likes."""
    liked = Favourite.objects.of(viewer.pk).filter(is_on=True)
    own = liked.filter(photo_id=photo.pk).first()
    if own is None:
        return None
    above = list(liked.filter(pk__gt=own.pk).order_by("pk")[:REACH])
    below = list(liked.filter(pk__lt=own.pk).order_by("-pk")[:SPARE])
    seen = audience.visible(viewer, [row.photo_id for row in (*above, *below)]).photos
    cursor = {"before": ids.encode(above[-1].pk)} if len(above) == REACH else {}
    before, behind = ([seen[row.photo_id] for row in rows if row.photo_id in seen] for rows in (above, below))
    return Place(_first(before), _first(behind), cursor)


def in_album(photo: Photo, album: Album, visible: PhotoQuerySet[Photo]) -> Place | None:
    """Return a photo's place among the `visible` photos of an album."""
    # Any: the type does not know the annotation `position`.
    inside: Any = album_contents.photos_in(album, visible)
    own = inside.filter(pk=photo.pk).first()
    if own is None:
        return None
    above = list(inside.filter(position__lt=own.position).order_by("-position")[:REACH])
    below = inside.filter(position__gt=own.position).first()
    cursor = {"after": str(above[-1].position)} if len(above) == REACH else {}
    return Place(above[0].pk if above else None, below.pk if below else None, cursor)


def in_memories(photo: Photo) -> Place | None:
    """Return a photo's place among its owner's of this day in other years."""
    listed = list(memories.listed(photo.owner_id).values_list("pk", flat=True)[: memories.MAX_PHOTOS])
    place = _index(photo.pk, listed)
    if place is None:
        return None
    return Place(listed[place - 1] if place else None, next(iter(listed[place + 1 : place + 2]), None))


def _by_id(photo: Photo, rows_on: RowsOn, aliases: Iterable[str]) -> Place | None:
    """Return a photo's place in a list over shards that is ordered by id, the newest first."""
    shards = list(aliases)
    upwards = _gathered(
        lambda alias: rows_on(alias).filter(pk__gte=photo.pk).order_by("pk")[: REACH + 1], shards
    )
    if not upwards or min(upwards) != photo.pk:
        return None
    above = [upwards[pk] for pk in sorted(upwards)[1 : REACH + 1]]
    downwards = _gathered(
        lambda alias: rows_on(alias).filter(pk__lt=photo.pk).order_by("-pk")[:SPARE], shards
    )
    below = [downwards[pk] for pk in sorted(downwards, reverse=True)]
    cursor = {"before": ids.encode(above[-1].pk)} if len(above) == REACH else {}
    return Place(_first(above), _first(below), cursor)


def _gathered(rows_on: RowsOn, aliases: list[str]) -> dict[int, Photo]:
    gathered = multiplex.gather(rows_on, aliases)
    return {photo.pk: photo for part in gathered.results.values() for photo in part}


def _first(photos: Sequence[Photo]) -> int | None:
    """Return the id of the first of these photos whose owner is active."""
    people = people_cache.people({photo.owner_id for photo in photos[:SPARE]})
    active = (
        each.pk for each in photos[:SPARE] if each.owner_id in people and people[each.owner_id].is_active
    )
    return next(active, None)


def _index(photo_id: int, listed: Sequence[int]) -> int | None:
    return listed.index(photo_id) if photo_id in listed else None
