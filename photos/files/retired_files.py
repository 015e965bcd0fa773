"""Files that a photo is no longer shown by: an older recipe's, or from before an edit that may have cut something off.

They go some seconds after nothing refers to them, so that pages that are open meanwhile do not break. One unedited
picture stays for the editor to start from, as a private object.
"""

from dataclasses import dataclass

from photos.files import edge, storage
from photos.files.storage import stamp_of
from photos.imaging.renditions import RECIPE_VERSION, Spec
from photos.models import Photo, Rendition, Stage
from sharding.consistency import causal

BASE = Spec(1280, "jpeg")  # what it is called once it is private, whatever its size
UNEDITED = "{}"


@dataclass(frozen=True)
class Base:
    """The picture that the editor starts from; `key` in the store, size in pixels."""

    key: str
    width: int
    height: int


def base_of(photo: Photo) -> Base | None:
    """Return the largest unedited JPEG up to 1280 pixels; None before the photo was ever complete."""
    found = _unedited(photo)
    return Base(found.key, found.width, found.height) if found else None


def retire(photo_id: int) -> list[str]:
    """Delete the files of a complete photo that it is not shown by; return the keys that are gone with that.

    Raises storage.StorageUnavailable, edge.EdgeUnavailable; repeating it goes on where it stopped.
    """
    with causal.pin():
        photo = Photo.objects.locate(photo_id).first()
        if photo is None or photo.stage != Stage.FULL:
            return []
        kept = _unedited(photo) if photo.shown_edits else None
        gone = _hide(photo, kept) if kept else []
        rows = Rendition.objects.of_photo(photo.pk).exclude(stamp=photo.stamp)
        old = list(rows.exclude(pk=kept.pk) if kept else rows)
        for row in old:
            storage.delete(row.key)
        edge.purge(row.key for row in old)
        Rendition.objects.of_photo(photo.pk).filter(pk__in=[row.pk for row in old]).delete()
    return [*gone, *(row.key for row in old)]


def _hide(photo: Photo, row: Rendition) -> list[str]:
    """Move the unedited picture to where nobody but its owner gets it; return the key that is gone with that.

    The row names the public file until that is gone everywhere: whoever repeats this finds it again.
    """
    public = row.key
    if not storage.is_public(public):
        return []
    row.key = storage.rendition_key(photo.pk, row.stamp, BASE, shelf=storage.BASES)
    try:
        storage.copy(public, row.key)
    except storage.NotStored:  # an earlier try came further than this
        storage.stat(row.key)
    storage.delete(public)
    edge.purge([public])
    row.save(update_fields=["key"])
    return [public]


def _unedited(photo: Photo) -> Rendition | None:
    # Photos of before credits have no such stamp written down; they carry none.
    stamps = [stamp_of(photo.sha256, UNEDITED, recipe=recipe) for recipe in range(1, RECIPE_VERSION + 1)]
    stamps.append(photo.unedited_stamp)
    rows = Rendition.objects.of_photo(photo.pk).filter(
        stamp__in=stamps, format="jpeg", name__in=["320", "640", "1280"]
    )
    found: Rendition | None = rows.order_by("-width").first()
    return found
