"""Delete a photo for good: its row at once, its files by a worker soon after.

The outbox event lists the keys of the files, because the rows that name them are deleted together with the photo.
"""

from photos.files import edge, s3
from photos.library import quota
from photos.models import Album, Photo, Rendition
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

REMOVED = "photo.removed"


def delete_photo(photo: Photo) -> bool:
    """Delete a photo's rows, free its quota and queue the deletion of its files; False when it was gone already."""
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


def delete_files(photo_id: int, keys: list[str]) -> list[str]:
    """Delete the files of a deleted photo from the store and the edge; return the keys that the edge may have cached.

    Does nothing while the photo's row exists. Idempotent. Raises s3.StorageUnavailable, edge.EdgeUnavailable.
    """
    with causal.pin():
        if Photo.objects.locate(photo_id).exists():
            return []
    for key in keys:
        s3.delete(key)
    rendition_keys = [key for key in keys if not key.startswith("up/")]
    edge.purge(rendition_keys)
    return rendition_keys
