"""Deleting the files that a photo is no longer shown by: of an older recipe, or from before an edit.

The job runs some seconds after the last reference is gone, so that pages that are open meanwhile keep their pictures.
One unedited picture stays, as a private object, for the editor to start from.
"""

from dataclasses import dataclass

from photos.files import edge, keys, s3
from photos.imaging.renditions import LADDERS, Spec
from photos.models import Photo, Rendition, Stage
from sharding.consistency import causal

BASE = Spec(1280, "jpeg")  # the name of the kept picture's private key, whatever its real size
UNEDITED = "{}"
_BASE_NAMES = {str(edge) for ladder in LADDERS.values() for edge in ladder.edges if edge <= BASE.edge}


@dataclass(frozen=True)
class Base:
    """The picture that the editor starts from: its key in the store, its size in pixels."""

    key: str
    width: int
    height: int


def find_base(photo: Photo) -> Base | None:
    """Return the largest unedited JPEG up to 1280 pixels; None before the small sizes were ever made."""
    row = _find_unedited(photo)
    return Base(row.key, row.width, row.height) if row else None


def retire(photo_id: int) -> list[str]:
    """Delete the files that a complete photo is not shown by; return the keys deleted by that.

    Raises s3.StorageUnavailable, edge.EdgeUnavailable; a retry goes on where the last try stopped.
    """
    with causal.pin():
        photo = Photo.objects.locate(photo_id).first()
        if photo is None or photo.stage != Stage.FULL:
            return []
        kept = _find_unedited(photo) if photo.shown_edits else None
        hidden = _hide(photo, kept) if kept else []
        rows = Rendition.objects.of_photo(photo.pk).exclude(stamp=photo.stamp)
        old = list(rows.exclude(pk=kept.pk) if kept else rows)
        for row in old:
            s3.delete(row.key)
        edge.purge(row.key for row in old)
        Rendition.objects.of_photo(photo.pk).filter(pk__in=[row.pk for row in old]).delete()
    return [*hidden, *(row.key for row in old)]


def _hide(photo: Photo, row: Rendition) -> list[str]:
    """Move the unedited picture to a private key; return the public key that is deleted by that.

    Update the row last, so that a retry can find the public file.
    """
    public = row.key
    if not keys.is_public(public):
        return []
    row.key = keys.rendition_key(photo.pk, row.stamp, BASE, shelf=keys.BASES)
    try:
        s3.copy(public, row.key)
    except s3.NotStored:  # an earlier try copied and deleted it, but did not save the row
        s3.stat(row.key)
    s3.delete(public)
    edge.purge([public])
    row.save(update_fields=["key"])
    return [public]


def _find_unedited(photo: Photo) -> Rendition | None:
    # Photos from before credits existed have no unedited_stamp; they carry no credit.
    stamps = [keys.stamp_of(photo.sha256, UNEDITED, recipe=recipe) for recipe in LADDERS]
    stamps.append(photo.unedited_stamp)
    rows = Rendition.objects.of_photo(photo.pk).filter(stamp__in=stamps, format="jpeg", name__in=_BASE_NAMES)
    row: Rendition | None = rows.order_by("-width").first()
    return row
