"""What a committed event starts where one job is not enough to say it; `tasks` declares the other topics.

The outbox may call a handler twice for one event: each looks at the row and sends what it needs now.
"""

from typing import Any

from django.conf import settings

from photos.jobs import dispatch, schedule, tasks
from photos.library import preferences, visibility
from photos.models import Photo
from photos.pipeline.editing import REVISED
from photos.pipeline.rendering import SHOWN
from photos.pipeline.upload import FORGOTTEN, RECEIVED
from sharding.consistency import causal, outbox


@outbox.handler(RECEIVED)
@outbox.handler(SHOWN)
@outbox.handler(REVISED)
def send_next_stage(event_id: int, payload: dict[str, Any]) -> None:
    """Enqueue the next stage of a photo that was accepted, shown in small sizes, or given new edits."""
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(payload["photo_id"]).first()
    if photo is not None and not photo.is_settled:
        dispatch.send(photo)


@outbox.handler(preferences.CREDITED)
def renew_credit(event_id: int, payload: dict[str, Any]) -> None:
    """Begin to give an owner's photos their new credit, newest first; the scheduler sends the rest."""
    with causal.pin():
        schedule.send_credited(preferences.for_owner(payload["owner_id"]))


@outbox.handler(visibility.MANY_CHANGED, confirmed=True)
def relocate_many(event_id: int, payload: dict[str, Any]) -> None:
    """Move the files of photos that were changed in one act; those of a flood when the workers have time."""
    actor = tasks.reshelve_when_there_is_time if payload["is_flood"] else tasks.reshelve_many
    actor.send(event_id, payload["photo_ids"])


@outbox.handler(FORGOTTEN)
def discard_late_bytes(event_id: int, payload: dict[str, Any]) -> None:
    """Delete once more what a forgotten upload has stored, when no upload address for it is valid any longer."""
    after_ms = (settings.UPLOAD_URL_TTL_SECONDS + 60) * 1000
    tasks.discard.send_with_options(args=(payload["photo_id"], payload["keys"]), delay=after_ms)
