"""The photos of one album that a visitor sees, in the album's order.

An album's visibility decides who may open the album; each photo's own visibility decides who sees that photo in it.
So an album never shows a photo to a visitor who could not see it elsewhere.
"""

from django.db.models import F, Q

from accounts.relations.relationship import Relationship
from photos.library.album_places import places
from photos.models import Album, AlbumPhoto, Photo, Visibility
from photos.models.querysets import PhotoQuerySet
from sharding.rows import ids


def photos_in(album: Album, visible: PhotoQuerySet[Photo]) -> PhotoQuerySet[Photo]:
    """Return those of the `visible` photos that are in an album, in its order, each with its `position`."""
    inside = visible.filter(places__album_id=album.pk)
    return inside.annotate(position=F("places__position")).order_by("position")


def visible_photos(album: Album, relation: Relationship) -> PhotoQuerySet[Photo]:
    """Return the owner's photos that an album may show to a visitor who stands in this relationship to the owner.

    An unlisted album also shows unlisted photos: a visitor who has its link was given them by the owner."""
    if album.visibility == Visibility.UNLISTED:
        return Photo.objects.reachable_by(relation, album.owner_id)
    return Photo.objects.listed_for(relation, album.owner_id)


def page(
    album: Album, visible: PhotoQuerySet[Photo], *, after: int | None = None, limit: int
) -> tuple[list[Photo], int | None]:
    """Return up to `limit` photos of an album after a position, and the position after which the next page begins."""
    rows = photos_in(album, visible)
    if after is not None:
        rows = rows.filter(Q(position__gt=after))
    photos = list(rows[: limit + 1])
    if len(photos) <= limit:
        return photos, None
    return photos[:limit], places(album).get(photo_id=photos[limit - 1].pk).position


def neighbours(
    photos: PhotoQuerySet[Photo], album_id: int, photo_id: int
) -> tuple[Photo | None, Photo | None]:
    """Return the photos before and after one of those that `photos_in` gave for this album."""
    rows = AlbumPhoto.objects.in_bucket(ids.bucket_of(album_id))
    position = rows.get(album_id=album_id, photo_id=photo_id).position
    before = photos.filter(Q(position__lt=position)).order_by(F("position").desc()).first()
    return before, photos.filter(Q(position__gt=position)).order_by(F("position")).first()
