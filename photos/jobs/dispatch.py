"""Sends a photo's next stage to the right queue, so that one owner's thousands do not delay another owner's photo.

The queue is chosen when the message is sent, by how much of the owner's work waits: a few photos are shown at once; a
flood goes into the bulk queue and is worked through beside the other owners' photos.
"""

from photos.jobs import tasks
from photos.models import Photo, Stage, State

# So many photos of one owner may wait in the fast queues.
FAST_PLACES = 20


def send(photo: Photo) -> None:
    """Enqueue the next stage that a photo needs; enqueueing it twice is harmless."""
    is_crowded = has_crowd(photo.owner_id)
    if next_stage(photo) == Stage.QUICK:
        (tasks.show_when_there_is_time if is_crowded else tasks.show).send(photo.pk)
    else:
        (tasks.complete_when_there_is_time if is_crowded else tasks.complete).send(photo.pk)


def next_stage(photo: Photo) -> Stage:
    """Return which files an unsettled photo needs next: the small sizes of its edits, or all the others."""
    return Stage.QUICK if photo.stage == Stage.NONE or photo.edits != photo.shown_edits else Stage.FULL


def has_crowd(owner_id: int) -> bool:
    """Return whether an owner has more photos waiting than the fast queues take from one owner."""
    waiting = Photo.objects.of(owner_id).filter(state__in=[State.RECEIVED, State.PROCESSING])
    return waiting[: FAST_PLACES + 1].count() > FAST_PLACES
