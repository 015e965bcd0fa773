"""Removing a photo: the row at once, its bytes surely and soon after.

What is to be deleted is written into the event, since the rows that name it are gone with the photo.
"""

from photos.files import edge, s3
from photos.library import quota
from photos.models import Album, Photo, Rendition
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

REMOVED = "photo.removed"


def remove(photo: Photo) -> bool:
    """Delete a photo with its tries and files, and give its room back; False when it was gone already."""
    bucket = ids.bucket_of(photo.pk)
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        if locked is None:
            return False
        rows = Rendition.objects.of_photo(photo.pk)
        keys = [locked.original_key, *rows.values_list("key", flat=True)]
        locked.delete()
        Album.objects.of(photo.owner_id).filter(cover_id=photo.pk).update(cover_id=None)
        quota.give_back(photo.owner_id, photo.pk)
        outbox.add(bucket, REMOVED, {"photo_id": photo.pk, "owner_id": photo.owner_id, "keys": keys})
    return True


def discard(photo_id: int, keys: list[str]) -> list[str]:
    """Delete the objects of a photo that is gone, also at the edge; return the keys that the edge may have had.

    Does nothing while the photo exists: its bytes are never deleted before its row.
    Raises s3.StorageUnavailable, edge.EdgeUnavailable; repeating it is harmless.
    """
    with causal.pin():
        if Photo.objects.locate(photo_id).exists():
            return []
    for key in keys:
        s3.delete(key)
    shown = [key for key in keys if not key.startswith("up/")]
    edge.purge(shown)
    return shown
