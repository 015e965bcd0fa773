"""What follows from a committed event: the outbox hands each one to the handler registered here."""

from typing import Any

from photos.upload import RECEIVED
from sharding import outbox


@outbox.handler(RECEIVED)
def render_when_received(event_id: int, payload: dict[str, Any]) -> None:
    """Enqueue the rendering of a photo that was accepted. Repeating it is harmless."""
    from photos.tasks import render  # noqa: PLC0415 - actors are declared once the broker is

    render.send(payload["photo_id"])
