"""What follows from a committed event: the outbox hands each one to the handler registered here.

Handlers may see an event twice; all they do is look at the row and send what it needs.
"""

from typing import Any

from photos import lanes
from photos.models import Photo
from photos.removal import REMOVED
from photos.rendering import READY, SHOWN
from photos.revision import REVISED
from photos.upload import RECEIVED
from sharding import causal, outbox

RETIRE_AFTER_MS = 30_000


@outbox.handler(RECEIVED)
@outbox.handler(SHOWN)
@outbox.handler(REVISED)
def send_on(event_id: int, payload: dict[str, Any]) -> None:
    """Enqueue the next stage of a photo that was accepted, shown in small sizes, or given new edits."""
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(payload["photo_id"]).first()
    if photo is not None and not photo.is_settled:
        lanes.send(photo)


@outbox.handler(REMOVED)
def discard_bytes(event_id: int, payload: dict[str, Any]) -> None:
    """Delete what a removed photo has left in the store and at the edge."""
    from photos import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    tasks.discard.send(payload["photo_id"], payload["keys"])


@outbox.handler(READY)
def clear_up(event_id: int, payload: dict[str, Any]) -> None:
    """Once a photo is complete, delete what it was shown by before, after the pages that are open now."""
    from photos import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    tasks.retire.send_with_options(args=(payload["photo_id"],), delay=RETIRE_AFTER_MS)
