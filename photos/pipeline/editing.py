"""Editing: the owner's wishes are written down, workers make them from the original, nothing is ever lost.

The old version stays shown until the new one's small sizes are there. Reverting is editing to nothing.
"""

from django.utils import timezone

from photos.imaging.edits import Edits
from photos.models import Photo, State
from sharding.consistency import outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

REVISED = "photo.revised"


class NotEditable(Exception):
    """The photo has not been rendered yet, or has failed."""


def revise(photo: Photo, edits: Edits) -> bool:
    """Ask for a new version of a photo; return False when it looks like that already. Raises NotEditable."""
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().get()
        if not locked.is_shown:
            raise NotEditable
        if Edits.parse(locked.edits) == edits:
            return False
        locked.edits = edits.as_object()
        locked.state, locked.state_at = State.PROCESSING, timezone.now()
        locked.failure = locked.failure_code = ""
        locked.save(update_fields=["edits", "state", "state_at", "failure", "failure_code"])
        outbox.add(ids.bucket_of(photo.pk), REVISED, {"photo_id": photo.pk})
    return True
