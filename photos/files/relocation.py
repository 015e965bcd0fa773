"""Where a photo's files lie: a folder and, once the circle of those who may see it has changed, a random part.

A key that was known to more people than may see the photo now is never used again: the files are carried to a new shelf
by a worker, the old ones deleted in the store and forgotten at the edge. Until then the photo is shown by the old ones,
in pages of people who may see it.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor

from photos.files import edge, storage
from photos.models import Photo, Rendition, Stage
from photos.models.visibility_levels import Visibility
from sharding.consistency import causal
from sharding.rows.transactions import shard_atomic

COPIES_AT_ONCE = 4


class Moved(Exception):
    """Something else has happened to the photo's files meanwhile: look again."""


def first(level: str) -> str:
    """Return the shelf for the files of a photo that has never had another level."""
    return storage.folder_of(is_public=level == Visibility.PUBLIC)


def fresh(level: str) -> str:
    """Return a shelf that nobody knows yet, for the files of a photo of this level."""
    return f"{first(level)}-{secrets.token_hex(6)}"


def wanted(photo: Photo) -> str:
    """Return the shelf that a photo's new files are put on."""
    return photo.shelf or first(photo.visibility)


def shown(photo: Photo) -> str:
    """Return the shelf of the files that a photo is shown by."""
    return photo.shown_shelf or first(photo.visibility)


def settle(photo_id: int) -> list[str]:
    """Bring a photo's files to the shelf where they belong; return the keys that are gone with that.

    Raises Moved, storage.StorageUnavailable, edge.EdgeUnavailable; repeating it goes on where it stopped.
    """
    with causal.pin():
        photo = Photo.objects.locate(photo_id).first()
        if photo is None or not photo.shelf:
            return []
        if photo.stage != Stage.NONE and photo.shown_shelf != photo.shelf:
            _carry(photo)
        return _sweep(photo)


def _carry(photo: Photo) -> None:
    """Copy the files to their new keys; then, at once, let rows and photo refer to those."""
    moves = _moves(photo)
    copied = [(row.key, target) for row, target in moves]
    with ThreadPoolExecutor(COPIES_AT_ONCE) as threads:
        list(threads.map(lambda keys: storage.copy(*keys), copied))
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        is_same = locked is not None and (locked.shelf, locked.stamp) == (photo.shelf, photo.stamp)
        if is_same and [(row.key, target) for row, target in _moves(photo)] == copied:
            for row, target in moves:
                Rendition.objects.of_photo(photo.pk).filter(pk=row.pk).update(key=target)
            Photo.objects.locate(photo.pk).update(shown_shelf=photo.shelf)
            return
    if locked is None:  # removed meanwhile, and nobody else knows of the copies
        for _, target in copied:
            storage.delete(target)
    raise Moved(str(photo.pk))


def _moves(photo: Photo) -> list[tuple[Rendition, str]]:
    """Return the files that do not lie on the photo's shelf, each with where it belongs.

    Those of other versions never become public: the unedited picture is its owner's, the others are being retired.
    """
    rows = Rendition.objects.of_photo(photo.pk).order_by("pk")
    if storage.is_public(photo.shelf):
        rows = rows.filter(stamp=photo.stamp)
    found = [(row, storage.on_shelf(row.key, photo.shelf)) for row in rows]
    return [(row, target) for row, target in found if row.key != target]


def _sweep(photo: Photo) -> list[str]:
    """Delete what lies elsewhere and no row refers to, also what a worker wrote without getting to say so."""
    known = set(Rendition.objects.of_photo(photo.pk).values_list("key", flat=True))
    stored = [key for folder in storage.FOLDERS for key in storage.keys_below(f"{folder}/{photo.pid}/")]
    in_use = {photo.shelf, storage.BASES}  # also what is being written there at this moment
    gone = [key for key in stored if key not in known and storage.shelf_of(key) not in in_use]
    for key in gone:
        storage.delete(key)
    edge.purge(gone)
    return gone
