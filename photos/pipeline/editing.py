"""Editing: save a photo's edits on its row; workers render them from the original, which never changes.

The old version stays shown until the small sizes of the new one are stored. Reverting means saving empty edits. Edits
that the photo is shown with already, in all sizes, need no worker: the photo is ready at once.
"""

from django.utils import timezone

from photos.imaging.edits import Edits
from photos.models import Photo, Stage, State
from sharding.consistency import outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

REVISED = "photo.revised"


class NotEditable(Exception):
    """The photo has not been rendered yet, or has failed."""


def revise(photo: Photo, edits: Edits) -> bool:
    """Save new edits and emit the event that renders them; return False when nothing changes.

    Taking back what no worker has made yet leaves the photo as it was. Raises NotEditable.
    """
    with shard_atomic(owner_id=photo.owner_id):
        locked = Photo.objects.locate(photo.pk).select_for_update().get()
        if not locked.is_shown:
            raise NotEditable
        if Edits.parse(locked.edits) == edits:
            return False
        locked.edits = edits.as_object()
        is_made = locked.stage == Stage.FULL and Edits.parse(locked.shown_edits) == edits
        locked.state, locked.state_at = State.READY if is_made else State.PROCESSING, timezone.now()
        locked.failure = locked.failure_code = ""
        locked.save(update_fields=["edits", "state", "state_at", "failure", "failure_code"])
        if not is_made:
            outbox.add(ids.bucket_of(photo.pk), REVISED, {"photo_id": photo.pk})
    return True
