"""Which lane a photo's work goes into, so that one person's thousands do not keep another's one waiting.

The lane is chosen when the message is sent, by how much of the owner's work is waiting: a few photos are shown at once,
a flood goes into the bulk lane and is worked through beside everybody else's.
"""

from typing import Any

import dramatiq

from photos.models import Photo, Stage, State

# So many of one owner's photos may wait in the fast lanes.
FAST_PLACES = 20
FULL = 200


def send(photo: Photo) -> None:
    """Enqueue what a photo needs next; enqueueing it twice is harmless."""
    # Actors are declared on the broker, which is there once Django is set up.
    from photos.jobs import tasks  # noqa: PLC0415

    is_crowded = has_crowd(photo.owner_id)
    if photo.stage == Stage.NONE or photo.edits != photo.shown_edits:
        (tasks.show_when_there_is_time if is_crowded else tasks.show).send(photo.pk)
    else:
        (tasks.complete_when_there_is_time if is_crowded else tasks.complete).send(photo.pk)


def held() -> int:
    """Return how many messages the queues hold, waiting or being worked on. Raises redis' error when they are away."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    broker: Any = dramatiq.get_broker()
    return sum(int(broker.client.hlen(f"{broker.namespace}:{queue}.msgs")) for queue in tasks.QUEUES)


def has_crowd(owner_id: int) -> bool:
    """Return whether an owner has more work waiting than the fast lanes take from one person."""
    waiting = Photo.objects.of(owner_id).filter(state__in=[State.RECEIVED, State.PROCESSING])
    return waiting[: FAST_PLACES + 1].count() > FAST_PLACES
