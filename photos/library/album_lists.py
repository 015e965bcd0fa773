"""Lists of albums: the cards of an owner's albums, the albums of one photo, and the choice of albums for a photo."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery

from accounts.relations.relationship import Relationship
from photos.library.albums import MAX_ALBUMS
from photos.models import Album, AlbumPhoto, Photo
from photos.models.albums import AlbumQuerySet
from photos.models.querysets import PhotoQuerySet
from sharding.rows import ids
from sharding.rows.managers import ShardedQuerySet


@dataclass(frozen=True)
class AlbumCard:
    """An album in a list: how many of its photos the visitor sees, and its cover (None without a visible photo)."""

    album: Album
    count: int
    cover: Photo | None


@dataclass(frozen=True)
class AlbumChoice:
    """One of the owner's albums, and whether a given photo is in it."""

    album: Album
    is_in: bool


def cards(albums: AlbumQuerySet, visible: PhotoQuerySet[Photo]) -> list[AlbumCard]:
    """Return the cards of one owner's albums, the latest first, for a visitor who may see the `visible` photos."""
    latest = list(albums.order_by("-pk")[:MAX_ALBUMS])
    return _cards(latest, visible) if latest else []


def containing(photo: Photo, relation: Relationship) -> list[Album]:
    """Return the albums of a photo that lists show to a visitor with this relationship to its owner, latest first."""
    albums = Album.objects.listed_for(relation, photo.owner_id).filter(places__photo_id=photo.pk)
    return list(albums.order_by("-pk"))


def choices(photo: Photo) -> list[AlbumChoice]:
    """Return all albums of a photo's owner, the latest first, each with whether the photo is in it."""
    inside = set(_places_of(photo.owner_id).filter(photo_id=photo.pk).values_list("album_id", flat=True))
    return [
        AlbumChoice(album, album.pk in inside) for album in Album.objects.of(photo.owner_id).order_by("-pk")
    ]


def _cards(albums: Sequence[Album], visible: PhotoQuerySet[Photo]) -> list[AlbumCard]:
    owner_id = albums[0].owner_id
    places = _places_of(owner_id).filter(photo__in=visible.order_by().values("pk"))
    counts = (
        places.filter(album__in=[album.pk for album in albums]).values_list("album").annotate(Count("pk"))
    )
    count_of = dict(counts)
    first = places.filter(album=OuterRef("pk")).order_by("position").values("photo_id")[:1]
    firsts = Album.objects.of(owner_id).filter(pk__in=count_of).annotate(first=Subquery(first))
    first_of = dict(firsts.values_list("pk", "first"))
    cover_ids = {*first_of.values(), *(album.cover_id for album in albums)} - {None}
    photos = {photo.pk: photo for photo in visible.shown().filter(pk__in=cover_ids)}
    return [
        AlbumCard(
            album,
            count_of.get(album.pk, 0),
            photos.get(album.cover_id or 0) or photos.get(first_of.get(album.pk) or 0),
        )
        for album in albums
    ]


def _places_of(owner_id: int) -> ShardedQuerySet[AlbumPhoto]:
    return AlbumPhoto.objects.in_bucket(ids.bucket_for_owner(owner_id))
