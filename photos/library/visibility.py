"""Changing who may see a photo: the row at once, and so every page and list; the bytes by a worker soon after.

Likes, comments and favourites stay: whoever may not see the photo any more does not see them either.
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
FLOOD = 100
# From the narrowest circle to the widest.
_WIDTHS = (Visibility.PRIVATE, Visibility.FOLLOWERS, Visibility.UNLISTED, Visibility.PUBLIC)


def change(photo: Photo, level: str) -> bool:
    """Let others see a photo, or not any more; return whether that is new. Raises ValueError for no such level.

    Whether it is theirs to change is for the caller to ask.
    """
    wanted = Visibility(level)
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        if locked is None or locked.trashed_at is not None or locked.visibility == wanted:
            return False
        before, locked.visibility = Visibility(locked.visibility), wanted
        turn(locked, before, wanted)
        locked.save(update_fields=["visibility", "shelf", "shown_shelf"])
        said = {"photo_id": photo.pk, "before": before.value, "after": wanted.value}
        outbox.add(ids.bucket_of(photo.pk), CHANGED, said)
    photo.visibility, photo.shelf, photo.shown_shelf = wanted, locked.shelf, locked.shown_shelf
    return True


def change_many(photos: Sequence[Photo], level: str) -> list[Photo]:
    """Do the same to photos of one owner, locked in the caller's transaction; return those that were changed."""
    wanted = Visibility(level)
    changed = [photo for photo in photos if photo.visibility != wanted]
    for photo in changed:
        before, photo.visibility = Visibility(photo.visibility), wanted
        turn(photo, before, wanted)
    save_many(changed, "visibility")
    return changed


def renew_addresses(owner_id: int) -> int:
    """Give all public files of an owner places that nobody knows; return of how many photos. There is time for it.

    Pages that are gone for everybody leave behind the addresses of pictures, which whoever has noted them can use.
    """
    renewed, after = 0, 0
    while True:
        with shard_atomic(owner_id=owner_id):
            public = Photo.objects.of(owner_id).kept().filter(visibility=Visibility.PUBLIC, pk__gt=after)
            photos = list(public.order_by("pk").select_for_update()[:SAVED_AT_ONCE])
            for photo in photos:
                photo.shown_shelf = relocation.shown_shelf(photo)
                photo.shelf = relocation.random_shelf(Visibility.PUBLIC)
            save_many(photos, is_flood=True)
        renewed += len(photos)
        if len(photos) < SAVED_AT_ONCE:
            return renewed
        after = photos[-1].pk


def turn(photo: Photo, before: Visibility, after: Visibility) -> None:
    """Give a photo's files a new place when they had one for other people; the caller saves it, and owes the move."""
    if needs_new_keys(before, after):
        photo.shown_shelf = photo.shown_shelf or relocation.first_shelf(before)
        photo.shelf = relocation.random_shelf(after)


def save_many(photos: Sequence[Photo], *fields: str, is_flood: bool = False) -> None:
    """Save what has changed of photos of one owner, and owe that their files are brought to where they belong."""
    if not photos:
        return
    owner_id, bucket = photos[0].owner_id, ids.bucket_of(photos[0].pk)
    changed = [*fields, "shelf", "shown_shelf"]
    Photo.objects.of(owner_id).bulk_update(photos, changed, batch_size=SAVED_AT_ONCE)
    for first in range(0, len(photos), MOVED_AT_ONCE):
        some = [photo.pk for photo in photos[first : first + MOVED_AT_ONCE]]
        # A flood waits in the bulk lane: somebody else may be hiding one photo.
        outbox.add(bucket, MANY_CHANGED, {"photo_ids": some, "is_flood": is_flood or len(photos) > FLOOD})


def needs_new_keys(before: Visibility, after: Visibility) -> bool:
    """Return whether files must get other addresses: some people may not have them any more, or everybody may."""
    is_tighter = _WIDTHS.index(after) < _WIDTHS.index(before)
    return is_tighter or Visibility.PUBLIC in {before, after}
