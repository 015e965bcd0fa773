"""Changing who may see a photo: the row at once, and so every page and list; the bytes by a worker soon after.

Likes, comments and favourites stay: whoever may not see the photo any more does not see them either.
"""

from photos import shelves
from photos.levels import Visibility
from photos.models import Photo
from sharding import causal, ids, outbox
from sharding.transactions import shard_atomic

CHANGED = "photo.visibility"
# From the narrowest circle to the widest.
_WIDTHS = (Visibility.PRIVATE, Visibility.FOLLOWERS, Visibility.UNLISTED, Visibility.PUBLIC)


def change(photo: Photo, level: str) -> bool:
    """Let others see a photo, or not any more; return whether that is new. Raises ValueError for no such level.

    Whether it is theirs to change is for the caller to ask.
    """
    wanted = Visibility(level)
    with causal.pin(), shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().first()
        if locked is None or locked.visibility == wanted:
            return False
        before, locked.visibility = Visibility(locked.visibility), wanted
        if needs_new_keys(before, wanted):
            locked.shown_shelf = locked.shown_shelf or shelves.first(before)
            locked.shelf = shelves.fresh(wanted)
        locked.save(update_fields=["visibility", "shelf", "shown_shelf"])
        said = {"photo_id": photo.pk, "before": before.value, "after": wanted.value}
        outbox.add(ids.bucket_of(photo.pk), CHANGED, said)
    photo.visibility, photo.shelf, photo.shown_shelf = wanted, locked.shelf, locked.shown_shelf
    return True


def needs_new_keys(before: Visibility, after: Visibility) -> bool:
    """Return whether files must get other addresses: some people may not have them any more, or everybody may."""
    is_tighter = _WIDTHS.index(after) < _WIDTHS.index(before)
    return is_tighter or Visibility.PUBLIC in {before, after}
