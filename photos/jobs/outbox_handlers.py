"""What follows from a committed event: the outbox hands each one to the handler registered here.

Handlers may see an event twice; all they do is look at the row and send what it needs.
"""

from typing import Any

from django.conf import settings

from accounts import blocking, erasures, follows
from photos.jobs import queues, schedule
from photos.library import preferences, visibility
from photos.library.deletion import REMOVED
from photos.models import Photo
from photos.moderation import reports
from photos.pipeline.editing import REVISED
from photos.pipeline.rendering import PUBLISHED, READY, SHOWN
from photos.pipeline.upload import FORGOTTEN, RECEIVED
from photos.social import comments, likes
from sharding.consistency import causal, outbox

RETIRE_AFTER_MS = 30_000
RENEWED_WITHIN_SECONDS = 600
RETIRED_WITHIN_SECONDS = 120  # that, and its turn in the bulk lane


@outbox.handler(RECEIVED)
@outbox.handler(SHOWN)
@outbox.handler(REVISED)
def send_on(event_id: int, payload: dict[str, Any]) -> None:
    """Enqueue the next stage of a photo that was accepted, shown in small sizes, or given new edits."""
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(payload["photo_id"]).first()
    if photo is not None and not photo.is_settled:
        queues.send(photo)


@outbox.handler(preferences.CREDITED)
def renew_credit(event_id: int, payload: dict[str, Any]) -> None:
    """Begin to give an owner's photos their new credit, newest first; the scheduler sends the rest."""
    with causal.pin():
        schedule.send_credited(preferences.for_owner(payload["owner_id"]))


@outbox.handler(REMOVED, confirmed=True)
def discard_rest(event_id: int, payload: dict[str, Any]) -> None:
    """Delete what a removed photo has left in the store, at the edge, and with other people."""
    from photos.jobs import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    tasks.discard.send(payload["photo_id"], payload["keys"], event_id)


@outbox.handler(visibility.CHANGED, confirmed=True)
def reshelve(event_id: int, payload: dict[str, Any]) -> None:
    """Bring the files of a photo to where those who may see it get them, and nobody else does."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.reshelve.send(event_id, payload["photo_id"])


@outbox.handler(visibility.MANY_CHANGED, confirmed=True)
def reshelve_many(event_id: int, payload: dict[str, Any]) -> None:
    """Do the same for some photos that were changed in one act."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    actor = tasks.reshelve_when_there_is_time if payload["is_flood"] else tasks.reshelve_many
    actor.send(event_id, payload["photo_ids"])


@outbox.handler(likes.CHANGED, confirmed=True)
def spread_like(event_id: int, payload: dict[str, Any]) -> None:
    """Let the liker's favourites and the owner's notifications follow a like."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.spread_like.send(event_id, payload["photo_id"], payload["user_id"])


@outbox.handler(comments.CHANGED, confirmed=True)
def spread_comment(event_id: int, payload: dict[str, Any]) -> None:
    """Tell whom a comment concerns."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.spread_comment.send(event_id, payload["comment_id"])


@outbox.handler(follows.CHANGED, confirmed=True)
def spread_follow(event_id: int, payload: dict[str, Any]) -> None:
    """Tell somebody that they are followed, or are not any more."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.spread_follow.send(event_id, payload["follower_id"], payload["followee_id"])


@outbox.handler(blocking.CHANGED, confirmed=True)
def spread_avoidance(event_id: int, payload: dict[str, Any]) -> None:
    """Let somebody hear nothing more of a person whom they avoid."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.spread_avoidance.send(event_id, payload["person_id"], payload["other_id"])


@outbox.handler(reports.PHOTO_REMOVED, confirmed=True)
def tell_removed(event_id: int, payload: dict[str, Any]) -> None:
    """Tell somebody why their photo was removed."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.tell_removed.send(event_id, payload["report_id"])


@outbox.handler(reports.PERSON_HIDDEN, confirmed=True, within_seconds=RENEWED_WITHIN_SECONDS)
def renew_addresses(event_id: int, payload: dict[str, Any]) -> None:
    """Let old addresses of somebody's pictures lead nowhere, once they are kept out."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.renew_addresses.send(event_id, payload["owner_id"])


@outbox.handler(PUBLISHED, confirmed=True)
def publish(event_id: int, payload: dict[str, Any]) -> None:
    """Put a new photo on the timelines of those who follow its owner."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.publish.send(event_id, payload["photo_id"])


@outbox.handler(FORGOTTEN)
def discard_late_bytes(event_id: int, payload: dict[str, Any]) -> None:
    """Delete once more what a forgotten upload has stored, when no address takes bytes for it any more."""
    from photos.jobs import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    after_ms = (settings.UPLOAD_URL_TTL_SECONDS + 60) * 1000
    tasks.discard.send_with_options(args=(payload["photo_id"], payload["keys"]), delay=after_ms)


@outbox.handler(READY, confirmed=True, within_seconds=RETIRED_WITHIN_SECONDS)
def clear_up(event_id: int, payload: dict[str, Any]) -> None:
    """Once a photo is complete, delete what it was shown by before, after the pages that are open now."""
    from photos.jobs import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    tasks.retire.send_with_options(args=(payload["photo_id"], event_id), delay=RETIRE_AFTER_MS)


@outbox.handler(erasures.REQUESTED, confirmed=True)
def erase(event_id: int, payload: dict[str, Any]) -> None:
    """Erase what an account has and did."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    tasks.erase.send(event_id, payload["erasure_id"])
