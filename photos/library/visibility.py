"""Change who may see a photo: its row at once, and with it every page and list; its files by a worker soon after.

Likes, comments and favourites stay. A reader who may no longer see the photo does not see them either.
"""

from collections.abc import Sequence

from photos.files import relocation
from photos.models import Photo
from photos.models.visibility_levels import Visibility
from sharding.consistency import outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

CHANGED = "photo.visibility"
MANY_CHANGED = "photos.visibility"
SAVED_AT_ONCE = 500
MOVED_AT_ONCE = 20
BULK_FROM = 100  # more photos than this are moved in the bulk queue
_NARROW_TO_WIDE = (Visibility.PRIVATE, Visibility.FOLLOWERS, Visibility.UNLISTED, Visibility.PUBLIC)


def change(photo: Photo, level: str) -> bool:
    """Set a photo's visibility; return whether it changed. Raises ValueError for an unknown level.

    The caller checks that the user owns the photo.
    """
    new = Visibility(level)
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        if locked is None or locked.trashed_at is not None or locked.visibility == new:
            return False
        before, locked.visibility = Visibility(locked.visibility), new
        assign_storage_prefix(locked, before, new)
        locked.save(update_fields=["visibility", "shelf", "shown_shelf"])
        payload = {"photo_id": photo.pk, "before": before.value, "after": new.value}
        outbox.add(ids.bucket_of(photo.pk), CHANGED, payload)
    photo.visibility, photo.shelf, photo.shown_shelf = new, locked.shelf, locked.shown_shelf
    return True


def change_many(photos: Sequence[Photo], level: str) -> list[Photo]:
    """Set the visibility of one owner's photos, which the caller has locked; return those that changed."""
    new = Visibility(level)
    changed = [photo for photo in photos if photo.visibility != new]
    for photo in changed:
        before, photo.visibility = Visibility(photo.visibility), new
        assign_storage_prefix(photo, before, new)
    save_and_queue_moves(changed, "visibility")
    return changed


def renew_storage_prefixes(owner_id: int) -> int:
    """Move the files of an owner's public photos to new secret addresses, in the bulk queue; return how many photos.

    Used when a moderator hides the owner: without it, a reader who noted a file's URL could still fetch the file.
    """
    renewed, after = 0, 0
    while True:
        with shard_atomic(owner_id=owner_id):
            public = Photo.objects.of(owner_id).kept().filter(visibility=Visibility.PUBLIC, pk__gt=after)
            photos = list(public.order_by("pk").select_for_update()[:SAVED_AT_ONCE])
            for photo in photos:
                photo.shown_shelf = relocation.shown_shelf(photo)
                photo.shelf = relocation.random_shelf(Visibility.PUBLIC)
            save_and_queue_moves(photos, is_bulk=True)
        renewed += len(photos)
        if len(photos) < SAVED_AT_ONCE:
            return renewed
        after = photos[-1].pk


def assign_storage_prefix(photo: Photo, before: Visibility, after: Visibility) -> None:
    """Assign a new storage prefix (`shelf`) if the audience changed.

    The caller saves the row and emits the move event.
    """
    if needs_new_keys(before, after):
        photo.shown_shelf = photo.shown_shelf or relocation.first_shelf(before)
        photo.shelf = relocation.random_shelf(after)


def save_and_queue_moves(photos: Sequence[Photo], *fields: str, is_bulk: bool = False) -> None:
    """Save `fields` and the storage prefixes of one owner's photos, and emit the events that move their files.

    Runs in the caller's transaction. More than BULK_FROM photos, or `is_bulk`, are moved in the bulk queue, so that
    another owner who hides one photo does not wait for them.
    """
    if not photos:
        return
    owner_id, bucket = photos[0].owner_id, ids.bucket_of(photos[0].pk)
    changed = [*fields, "shelf", "shown_shelf"]
    Photo.objects.of(owner_id).bulk_update(photos, changed, batch_size=SAVED_AT_ONCE)
    for first in range(0, len(photos), MOVED_AT_ONCE):
        photo_ids = [photo.pk for photo in photos[first : first + MOVED_AT_ONCE]]
        payload = {"photo_ids": photo_ids, "is_flood": is_bulk or len(photos) > BULK_FROM}
        outbox.add(bucket, MANY_CHANGED, payload)


def needs_new_keys(before: Visibility, after: Visibility) -> bool:
    """Return whether files need new keys: some readers lost access, or the files become public or stop being public."""
    is_narrower = _NARROW_TO_WIDE.index(after) < _NARROW_TO_WIDE.index(before)
    return is_narrower or Visibility.PUBLIC in {before, after}
