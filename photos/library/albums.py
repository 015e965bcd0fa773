"""Albums: made, filled, put in order; and what of them a visitor sees.

An album holds its owner's photos only, so all of it is on one shard. Who may open an album is one question, who may see
a photo in it another, and the photo's own level answers that one: an album shows nobody more than they may see anyway.

Whoever changes the places in an album holds the album's row: two devices never find the same free place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.relationship import Relationship
from photos.models import Album, AlbumPhoto, Photo, Visibility
from photos.models.albums import AlbumQuerySet
from photos.models.querysets import PhotoQuerySet
from photos.text import cleaning
from sharding.rows import ids
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

MAX_ALBUMS = 1_000
MAX_PHOTOS = 10_000
NUMBERED_AT_ONCE = 1_000


class Refused(ValueError):
    """Something that an album cannot be or hold; says so to its owner."""


class Gone(Exception):
    """The album was deleted a moment ago."""


@dataclass(frozen=True)
class Shelved:
    """An album as a list shows it: how many photos its visitor sees in it, and the one to show for it."""

    album: Album
    count: int
    cover: Photo | None


@dataclass(frozen=True)
class Chosen:
    """One of the owner's albums, and whether the photo in question is in it."""

    album: Album
    is_in: bool


def create(owner_id: int, *, title: str, description: str = "", visibility: str = Visibility.PUBLIC) -> Album:
    """Make an empty album. Raises Refused."""
    album = Album(owner_id=owner_id, created_at=timezone.now(), **_said(title, description, visibility))
    with shard_atomic(owner_id=owner_id):
        if Album.objects.of(owner_id).count() >= MAX_ALBUMS:
            raise Refused(_("There is room for %(most)s albums.") % {"most": f"{MAX_ALBUMS:,}"})
        album.save()
    return album


def change(album: Album, *, title: str, description: str, visibility: str) -> Album:
    """Give an album another name, description and level. Raises Refused."""
    said = _said(title, description, visibility)
    for name, value in said.items():
        setattr(album, name, value)
    album.save(update_fields=list(said))
    return album


def delete(album: Album) -> None:
    """Delete an album; its photos stay where they are."""
    album.delete()


def add(album: Album, photo_ids: Iterable[int]) -> list[int]:
    """Put an owner's photos at the end of an album, in this order; return those that were not in it. Raises Refused."""
    asked = list(dict.fromkeys(photo_ids))
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        own = set(Photo.objects.of(album.owner_id).filter(pk__in=asked).values_list("pk", flat=True))
        there = set(places(album).filter(photo_id__in=asked).values_list("photo_id", flat=True))
        new = [photo_id for photo_id in asked if photo_id in own - there]
        if new and places(album).count() + len(new) > MAX_PHOTOS:
            raise Refused(_("An album has room for %(most)s photos.") % {"most": f"{MAX_PHOTOS:,}"})
        last = places(album).aggregate(last=Max("position"))["last"] or 0
        rows = [
            AlbumPhoto(album_id=album.pk, photo_id=photo_id, position=last + number * AlbumPhoto.STEP)
            for number, photo_id in enumerate(new, 1)
        ]
        places(album).bulk_create(rows)
    return new


def remove(album: Album, photo_ids: Iterable[int]) -> dict[int, int]:
    """Take photos out of an album; return {photo: its position} of those that were in it."""
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        found = places(album).filter(photo_id__in=list(photo_ids))
        taken = dict(found.values_list("photo_id", "position"))
        found.delete()
        if Album.objects.locate(album.pk).filter(cover_id__in=taken).update(cover_id=None):
            album.cover_id = None
    return taken


def put_back(album: Album, taken: dict[int, int]) -> list[int]:
    """Put photos back to the places that they were taken from; where that is taken by now, at the end."""
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        held = set(places(album).filter(position__in=taken.values()).values_list("position", flat=True))
        there = set(places(album).filter(photo_id__in=taken).values_list("photo_id", flat=True))
        own = set(Photo.objects.of(album.owner_id).filter(pk__in=taken).values_list("pk", flat=True))
        free = {
            photo_id: position
            for photo_id, position in taken.items()
            if photo_id in own - there and position not in held
        }
        places(album).bulk_create(
            AlbumPhoto(album_id=album.pk, photo_id=photo_id, position=position)
            for photo_id, position in free.items()
        )
        return [*free, *add(album, [photo_id for photo_id in taken if photo_id not in free])]


def move(album: Album, photo_id: int, *, before: int | None) -> bool:
    """Put a photo before another one of the album, or at its end (None); return whether that is another place."""
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        if before == photo_id:
            return False
        has_moved = _move(album, photo_id, before)
        if has_moved is None:
            _number_anew(album)
            has_moved = _move(album, photo_id, before)
        return bool(has_moved)


def move_behind(album: Album, photo_id: int, other_id: int) -> bool:
    """Put a photo behind another one of the album; return whether that is another place."""
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        other = places(album).filter(photo_id=other_id).first()
        if other is None or other_id == photo_id:
            return False
        behind = places(album).filter(position__gt=other.position).exclude(photo_id=photo_id)
        return move(
            album, photo_id, before=behind.order_by("position").values_list("photo_id", flat=True).first()
        )


def step(album: Album, photo_id: int, *, is_later: bool) -> bool:
    """Let a photo and its neighbour change places; return whether there was one."""
    with shard_atomic(owner_id=album.owner_id):
        _hold(album)
        mine = places(album).filter(photo_id=photo_id).first()
        if mine is None:
            return False
        if is_later:
            after = list(places(album).filter(position__gt=mine.position).order_by("position")[:2])
            return bool(after) and move(album, photo_id, before=after[1].photo_id if len(after) > 1 else None)
        earlier = places(album).filter(position__lt=mine.position).order_by("-position").first()
        return earlier is not None and move(album, photo_id, before=earlier.photo_id)


def set_cover(album: Album, photo_id: int | None) -> bool:
    """Let a photo of the album stand for it; None: the first one. Return whether it is in the album."""
    if photo_id is not None and not places(album).filter(photo_id=photo_id).exists():
        return False
    album.cover_id = photo_id
    album.save(update_fields=["cover_id"])
    return True


def places(album: Album) -> ShardedQuerySet[AlbumPhoto]:
    """Return the places of an album."""
    return AlbumPhoto.objects.in_bucket(ids.bucket_of(album.pk)).filter(album_id=album.pk)


def seen_in(album: Album, visible: PhotoQuerySet) -> PhotoQuerySet:
    """Return those photos of an album that are among the visible ones, in order, each with its `position`."""
    there = visible.filter(places__album_id=album.pk)
    return there.annotate(position=F("places__position")).order_by("position")


def visible_in(album: Album, tie: Relationship) -> PhotoQuerySet:
    """Return the owner's photos that an album may show to somebody who is this to them.

    To whom the link of an unlisted album was given, its unlisted photos were, too; no other album gives them away."""
    of_owner = Photo.objects.of(album.owner_id)
    is_by_link = album.visibility == Visibility.UNLISTED
    return (of_owner.reachable_by if is_by_link else of_owner.listed_for)(tie, album.owner_id)


def page(
    album: Album, visible: PhotoQuerySet, *, after: int | None = None, limit: int
) -> tuple[list[Photo], int | None]:
    """Return photos of an album behind a position, and the position to go on behind."""
    found = seen_in(album, visible)
    if after is not None:
        found = found.filter(Q(position__gt=after))
    rows = list(found[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], places(album).get(photo_id=rows[limit - 1].pk).position


def neighbours(seen: PhotoQuerySet, album_id: int, photo_id: int) -> tuple[Photo | None, Photo | None]:
    """Return the photos before and behind one of those that are seen in an album."""
    there = AlbumPhoto.objects.in_bucket(ids.bucket_of(album_id)).get(album_id=album_id, photo_id=photo_id)
    before = seen.filter(Q(position__lt=there.position)).order_by(F("position").desc()).first()
    return before, seen.filter(Q(position__gt=there.position)).order_by(F("position")).first()


def listed(albums: AlbumQuerySet, visible: PhotoQuerySet) -> list[Shelved]:
    """Return albums of one owner, the latest first, as somebody sees them to whom these photos are visible."""
    found = list(albums.order_by("-pk")[:MAX_ALBUMS])
    return _shelved(found, visible) if found else []


def containing(photo: Photo, tie: Relationship) -> list[Album]:
    """Return the albums that a photo is in and that lists show to somebody who is this to its owner, latest first."""
    found = Album.objects.of(photo.owner_id).filter(places__photo_id=photo.pk)
    return list(found.listed_for(tie, photo.owner_id).order_by("-pk"))


def choices(photo: Photo) -> list[Chosen]:
    """Return all albums of a photo's owner, the latest first, and whether the photo is in each."""
    inside = set(_of_owner(photo.owner_id).filter(photo_id=photo.pk).values_list("album_id", flat=True))
    return [Chosen(album, album.pk in inside) for album in Album.objects.of(photo.owner_id).order_by("-pk")]


def _shelved(found: Sequence[Album], visible: PhotoQuerySet) -> list[Shelved]:
    owner_id = found[0].owner_id
    seen = _of_owner(owner_id).filter(photo__in=visible.order_by().values("pk"))
    counts = seen.filter(album__in=[album.pk for album in found]).values_list("album").annotate(Count("pk"))
    count_of = dict(counts)
    first = seen.filter(album=OuterRef("pk")).order_by("position").values("photo_id")[:1]
    firsts = Album.objects.of(owner_id).filter(pk__in=count_of).annotate(first=Subquery(first))
    first_of = dict(firsts.values_list("pk", "first"))
    wanted = {*first_of.values(), *(album.cover_id for album in found)} - {None}
    photos = {photo.pk: photo for photo in visible.shown().filter(pk__in=wanted)}
    return [
        Shelved(
            album,
            count_of.get(album.pk, 0),
            photos.get(album.cover_id or 0) or photos.get(first_of.get(album.pk) or 0),
        )
        for album in found
    ]


def _of_owner(owner_id: int) -> ShardedQuerySet[AlbumPhoto]:
    return AlbumPhoto.objects.in_bucket(ids.bucket_for_owner(owner_id))


def _said(title: str, description: str, visibility: str) -> dict[str, str]:
    said = {
        "title": cleaning.one_line(title),
        "description": cleaning.paragraphs(description),
        "visibility": visibility,
    }
    if not said["title"]:
        raise Refused(_("An album needs a title."))
    if len(said["title"]) > Album.TITLE_LENGTH or len(said["description"]) > Album.DESCRIPTION_LENGTH:
        says = _("A title has room for %(title)s characters, a description for %(description)s.")
        room = {"title": Album.TITLE_LENGTH, "description": f"{Album.DESCRIPTION_LENGTH:,}"}
        raise Refused(says % room)
    if visibility not in Visibility.values:
        raise Refused(_("Please choose who may open the album."))
    return said


def _hold(album: Album) -> None:
    """Let nobody else change the places meanwhile. Raises Gone."""
    if Album.objects.locate(album.pk).select_for_update().first() is None:
        raise Gone


def _move(album: Album, photo_id: int, before: int | None) -> bool | None:
    """Write a photo's new place; return whether it has moved, or None when there is no room between its neighbours."""
    mine, others = places(album).filter(photo_id=photo_id), places(album).exclude(photo_id=photo_id)
    limit = None
    if before is not None:
        limit = others.filter(photo_id=before).values_list("position", flat=True).first()
    if not mine.exists() or (limit is None and before is not None):
        return False
    position = _between(others, limit)
    return None if position is None else bool(mine.exclude(position=position).update(position=position))


def _first_of(found: QuerySet[AlbumPhoto]) -> int | None:
    return found.order_by("position").values_list("photo_id", flat=True).first()


def _between(others: QuerySet[AlbumPhoto], limit: int | None) -> int | None:
    """Return a position in the middle before `limit`, or behind all; None when there is no room left."""
    before = others if limit is None else others.filter(position__lt=limit)
    last = before.aggregate(last=Max("position"))["last"] or 0
    if limit is None:
        return int(last) + AlbumPhoto.STEP
    return (int(last) + limit) // 2 if limit - last > 1 else None


def _number_anew(album: Album) -> None:
    """Spread the places evenly again. They are turned below zero first, where none of the new numbers is."""
    places(album).update(position=-F("position"))
    rows = list(places(album).order_by("-position"))
    for number, row in enumerate(rows, 1):
        row.position = number * AlbumPhoto.STEP
    places(album).bulk_update(rows, ["position"], batch_size=NUMBERED_AT_ONCE)
