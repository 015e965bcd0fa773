"""Which shelf a photo's files lie on, and moving them when its audience has changed (shelves: photos.files.keys).

Keys that people outside of the present audience may know are not used again: a worker copies the files to a new shelf,
deletes the old ones and purges them at the edge. Until then pages show the photo, to its present audience only, by the
old files.
"""

import secrets
from concurrent.futures import ThreadPoolExecutor

from photos.files import edge, keys, s3
from photos.models import Photo, Rendition, Stage
from photos.models.visibility_levels import Visibility
from sharding.consistency import causal
from sharding.rows.transactions import shard_atomic

COPIES_AT_ONCE = 4


class Moved(Exception):
    """The photo's files changed during the move: try again."""


def first_shelf(visibility: str) -> str:
    """Return the shelf for the files of a photo whose visibility has never changed."""
    return keys.folder_of(is_public=visibility == Visibility.PUBLIC)


def random_shelf(visibility: str) -> str:
    """Return a new shelf, unknown to every reader, for the files of a photo of this visibility."""
    return f"{first_shelf(visibility)}-{secrets.token_hex(6)}"


def assigned_shelf(photo: Photo) -> str:
    """Return the shelf that a photo's new files are written to."""
    return photo.shelf or first_shelf(photo.visibility)


def shown_shelf(photo: Photo) -> str:
    """Return the shelf of the files that pages show the photo by."""
    return photo.shown_shelf or first_shelf(photo.visibility)


def move_files(photo_id: int) -> list[str]:
    """Move a photo's files to its assigned shelf; return the keys deleted by that.

    Raises Moved, s3.StorageUnavailable, edge.EdgeUnavailable; a retry goes on where the move stopped.
    """
    with causal.pin():
        photo = Photo.objects.locate(photo_id).first()
        if photo is None or not photo.shelf:
            return []
        if photo.stage != Stage.NONE and photo.shown_shelf != photo.shelf:
            _copy_files(photo)
        return _delete_strays(photo)


def _copy_files(photo: Photo) -> None:
    """Copy the files to their new keys; then let rows and photo refer to those, in one transaction."""
    moves = _moves(photo)
    copies = [(row.key, target) for row, target in moves]
    with ThreadPoolExecutor(COPIES_AT_ONCE) as threads:
        list(threads.map(lambda copy: s3.copy(*copy), copies))
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        is_same = locked is not None and (locked.shelf, locked.stamp) == (photo.shelf, photo.stamp)
        if is_same and [(row.key, target) for row, target in _moves(photo)] == copies:
            for row, target in moves:
                Rendition.objects.of_photo(photo.pk).filter(pk=row.pk).update(key=target)
            Photo.objects.locate(photo.pk).update(shown_shelf=photo.shelf)
            return
    if locked is None:  # deleted meanwhile: no row refers to the copies, and no later job would find them
        for _, target in copies:
            s3.delete(target)
    raise Moved(str(photo.pk))


def _moves(photo: Photo) -> list[tuple[Rendition, str]]:
    """Return the files that are not on the photo's shelf, each with its key there.

    Files of other versions never become public: the unedited picture is for its owner only, the others are retired.
    """
    rows = Rendition.objects.of_photo(photo.pk).order_by("pk")
    if keys.is_public(photo.shelf):
        rows = rows.filter(stamp=photo.stamp)
    targets = [(row, keys.on_shelf(row.key, photo.shelf)) for row in rows]
    return [(row, target) for row, target in targets if row.key != target]


def _delete_strays(photo: Photo) -> list[str]:
    """Delete files on other shelves without a row, among them those of workers that died before they wrote theirs."""
    in_rows = set(Rendition.objects.of_photo(photo.pk).values_list("key", flat=True))
    stored = [key for folder in keys.FOLDERS for key in s3.keys_below(f"{folder}/{photo.pid}/")]
    in_use = {photo.shelf, keys.BASES}  # a worker may be writing there now, ahead of its rows
    strays = [key for key in stored if key not in in_rows and keys.shelf_of(key) not in in_use]
    for key in strays:
        s3.delete(key)
    edge.purge(strays)
    return strays
