"""The order of an album: add, remove and move its photos, and choose its cover.

Each function that changes places first locks the album's row, so two devices cannot give two photos the same position.
"""

from collections.abc import Iterable

from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext as _

from photos.library.albums import Refused
from photos.models import Album, AlbumPhoto, Photo
from sharding.rows import ids
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

MAX_PHOTOS = 10_000
RENUMBERED_AT_ONCE = 1_000


class Gone(Exception):
    """The album was deleted after the caller loaded it."""


def places(album: Album) -> ShardedQuerySet[AlbumPhoto]:
    """Return the places of an album: one row for each of its photos."""
    return AlbumPhoto.objects.in_bucket(ids.bucket_of(album.pk)).filter(album_id=album.pk)


def add(album: Album, photo_ids: Iterable[int]) -> list[int]:
    """Append the owner's photos to an album in this order; return the ids that were not in it. Raises Refused, Gone."""
    unique_ids = list(dict.fromkeys(photo_ids))
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        addable = _addable(album, unique_ids)
        new = [photo_id for photo_id in unique_ids if photo_id in addable]
        if new and places(album).count() + len(new) > MAX_PHOTOS:
            raise Refused(_("An album can hold up to %(most)s photos.") % {"most": f"{MAX_PHOTOS:,}"})
        last = _last_position(places(album))
        rows = [
            AlbumPhoto(album_id=album.pk, photo_id=photo_id, position=last + number * AlbumPhoto.STEP)
            for number, photo_id in enumerate(new, 1)
        ]
        places(album).bulk_create(rows)
    return new


def remove(album: Album, photo_ids: Iterable[int]) -> dict[int, int]:
    """Take photos out of an album; return {photo id: its position} of those that were in it. Raises Gone."""
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        rows = places(album).filter(photo_id__in=list(photo_ids))
        removed = dict(rows.values_list("photo_id", "position"))
        rows.delete()
        if Album.objects.locate(album.pk).filter(cover_id__in=removed).update(cover_id=None):
            album.cover_id = None
    return removed


def put_back(album: Album, removed: dict[int, int]) -> list[int]:
    """Put removed photos back at their old positions, or at the end where a position is occupied by now.

    Takes what `remove` returned; returns the ids that were put back. Raises Refused, Gone.
    """
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        rows = places(album).filter(position__in=removed.values())
        occupied = set(rows.values_list("position", flat=True))
        addable = _addable(album, removed)
        returning = {
            photo_id: position
            for photo_id, position in removed.items()
            if photo_id in addable and position not in occupied
        }
        places(album).bulk_create(
            AlbumPhoto(album_id=album.pk, photo_id=photo_id, position=position)
            for photo_id, position in returning.items()
        )
        return [*returning, *add(album, [photo_id for photo_id in removed if photo_id not in returning])]


def move(album: Album, photo_id: int, *, before: int | None) -> bool:
    """Put a photo before another one of the album, or last (None); return whether its place changed. Raises Gone."""
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        if before == photo_id:
            return False
        has_moved = _move(album, photo_id, before)
        if has_moved is None:
            _renumber(album)
            has_moved = _move(album, photo_id, before)
        return bool(has_moved)


def move_after(album: Album, photo_id: int, other_id: int) -> bool:
    """Put a photo after another one of the album; return whether its place changed. Raises Gone."""
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        other = places(album).filter(photo_id=other_id).first()
        if other is None or other_id == photo_id:
            return False
        later = places(album).filter(position__gt=other.position).exclude(photo_id=photo_id)
        next_id = later.order_by("position").values_list("photo_id", flat=True).first()
        return move(album, photo_id, before=next_id)


def step(album: Album, photo_id: int, *, is_later: bool) -> bool:
    """Swap a photo with the next one (`is_later`) or the previous one; return False at the ends. Raises Gone."""
    with shard_atomic(owner_id=album.owner_id):
        _lock(album)
        place = places(album).filter(photo_id=photo_id).first()
        if place is None:
            return False
        if is_later:
            later = list(places(album).filter(position__gt=place.position).order_by("position")[:2])
            return bool(later) and move(album, photo_id, before=later[1].photo_id if len(later) > 1 else None)
        previous = places(album).filter(position__lt=place.position).order_by("-position").first()
        return previous is not None and move(album, photo_id, before=previous.photo_id)


def set_cover(album: Album, photo_id: int | None) -> bool:
    """Make a photo of the album its cover, or the first one (None); return whether that photo is in the album."""
    if photo_id is not None and not places(album).filter(photo_id=photo_id).exists():
        return False
    album.cover_id = photo_id
    album.save(update_fields=["cover_id"])
    return True


def _lock(album: Album) -> None:
    if Album.objects.locate(album.pk).select_for_update().first() is None:
        raise Gone


def _addable(album: Album, photo_ids: Iterable[int]) -> set[int]:
    """Return those ids that are photos of the album's owner and not in the album."""
    own = Photo.objects.of(album.owner_id).filter(pk__in=list(photo_ids))
    inside = places(album).filter(photo_id__in=list(photo_ids))
    return set(own.values_list("pk", flat=True)) - set(inside.values_list("photo_id", flat=True))


def _move(album: Album, photo_id: int, before: int | None) -> bool | None:
    """Write a photo's new position; return whether it changed, or None when there is no room between its neighbours."""
    place, others = places(album).filter(photo_id=photo_id), places(album).exclude(photo_id=photo_id)
    limit = None
    if before is not None:
        limit = others.filter(photo_id=before).values_list("position", flat=True).first()
    if not place.exists() or (limit is None and before is not None):
        return False
    position = _free_position(others, limit)
    return None if position is None else bool(place.exclude(position=position).update(position=position))


def _free_position(others: QuerySet[AlbumPhoto], limit: int | None) -> int | None:
    """Return the middle of the gap before `limit`, or a position after all others; None when the gap is full."""
    before = others if limit is None else others.filter(position__lt=limit)
    last = _last_position(before)
    if limit is None:
        return last + AlbumPhoto.STEP
    return (last + limit) // 2 if limit - last > 1 else None


def _last_position(rows: QuerySet[AlbumPhoto]) -> int:
    return rows.aggregate(last=Max("position"))["last"] or 0


def _renumber(album: Album) -> None:
    """Spread the positions evenly again. They are made negative first, so that old and new numbers never collide."""
    places(album).update(position=-F("position"))
    rows = list(places(album).order_by("-position"))
    for number, row in enumerate(rows, 1):
        row.position = number * AlbumPhoto.STEP
    places(album).bulk_update(rows, ["position"], batch_size=RENUMBERED_AT_ONCE)
