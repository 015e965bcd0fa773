"""Attempts to render a photo: the fence that lets many workers try and one succeed.

Each attempt is a row with a number, which is also the photo's `attempts` counter. Only the worker with the latest
number may change the photo. An attempt without an end time means its worker died. It does not count against the photo,
until MAX_OPEN of them have not ended.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from photos.files.keys import stamp_of
from photos.imaging.edits import Edits
from photos.library import preferences
from photos.models import Attempt, Photo, Stage, State
from photos.models.licences import credit_of
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

UNSETTLED = (State.RECEIVED, State.PROCESSING)
# With a sweep every few seconds, a photo whose message was lost waits for less than a minute.
DEADLINE = timedelta(seconds=45)
# While the queues are empty: the message of a waiting photo must have been lost.
IDLE_DEADLINE = timedelta(seconds=8)
MAX_CRASHES = 3
# A worker that dies leaves its attempt open; so many of them are no accident.
MAX_OPEN = 40
# A second delivery of a message does not compete with an attempt as young as this.
JUST_BEGUN = timedelta(seconds=10)


def target_stamp(photo: Photo, credit: Mapping[str, str]) -> str:
    """Return the stamp that the photo's files should have: a hash of content, newest recipe, edits and credit."""
    edits = Edits.parse(photo.edits).as_json()
    return stamp_of(photo.sha256, edits, credit_of(credit).as_json())


def lacks_stage(photo: Photo, stage: Stage, stamp: str) -> bool:
    """Return whether the files of this stage with this stamp have yet to be made."""
    if photo.state in {State.RESERVED, State.FAILED}:
        return False
    if photo.stage == Stage.NONE or photo.stamp != stamp:
        return True
    return stage == Stage.FULL and photo.stage != Stage.FULL


def claim(photo_id: int, stage: Stage) -> Attempt | None:
    """Begin an attempt; None when the photo is gone, does not need it, or another worker has just begun the same."""
    with shard_atomic(bucket=ids.bucket_of(photo_id)):
        photo = Photo.objects.locate(photo_id).select_for_update().first()
        if photo is None:
            return None
        credit = preferences.for_owner(photo.owner_id).credit
        stamp = target_stamp(photo, credit)
        if not lacks_stage(photo, stage, stamp):
            _mark_ready_if_complete(photo, stamp)
            return None
        if _has_just_begun(photo, stage, stamp):
            return None
        photo.attempts += 1
        if photo.state == State.RECEIVED:
            photo.state = State.PROCESSING
        photo.state_at = timezone.now()
        photo.save(update_fields=["attempts", "state", "state_at"])
        attempt = Attempt(
            photo=photo,
            number=photo.attempts,
            stage=stage,
            stamp=stamp,
            pod=settings.POD_NAME,
            started_at=timezone.now(),
        )
        attempt.credit = credit
        attempt.save()
    return attempt


def end(attempt: Attempt, outcome: str, *, error: str = "", cpu_seconds: float | None = None) -> None:
    """Save how an attempt ended; `outcome` is an Attempt.Outcome."""
    row = Attempt.objects.locate(attempt.pk)
    row.update(outcome=outcome, error=error[:4000], ended_at=timezone.now(), cpu_seconds=cpu_seconds)


def move_photo(attempt: Attempt, **fields: Any) -> bool:
    """Update the photo's row; return False, changing nothing, when the attempt has been overtaken.

    A later attempt, new edits or a new storage prefix overtake it; so do the states reserved and failed, and deletion.
    """
    photo = attempt.photo
    fence = {"attempts": attempt.number, "edits": photo.edits, "shelf": photo.shelf}
    rows = Photo.objects.locate(photo.pk).filter(**fence)
    return bool(
        rows.exclude(state__in=[State.RESERVED, State.FAILED]).update(state_at=timezone.now(), **fields)
    )


def is_quarantined(attempt: Attempt) -> bool:
    """Return True after MAX_CRASHES crashes, or MAX_OPEN attempts that never ended, at this stage of the photo."""
    same_work = Attempt.objects.of_photo(attempt.photo_id).filter(stamp=attempt.stamp, stage=attempt.stage)
    crashes: int = same_work.filter(outcome=Attempt.Outcome.CRASHED).count()
    unended: int = same_work.filter(outcome=Attempt.Outcome.OPEN).count()
    return crashes >= MAX_CRASHES or unended >= MAX_OPEN


def overdue(alias: str, deadline: timedelta = DEADLINE, limit: int = 500) -> list[Photo]:
    """Return up to `limit` photos of a shard that are unsettled for longer than `deadline`, longest waiting first."""
    late = Photo.objects.on(alias).filter(state__in=UNSETTLED, state_at__lt=timezone.now() - deadline)
    return list(late.order_by("state_at")[:limit])


def restart_deadline(photo: Photo) -> bool:
    """Restart a photo's deadline because it is queued again; return False when its state changed meanwhile."""
    unchanged = Photo.objects.locate(photo.pk).filter(state=photo.state, state_at=photo.state_at)
    return bool(unchanged.update(state_at=timezone.now()))


def _mark_ready_if_complete(photo: Photo, stamp: str) -> None:
    """Mark a locked photo as ready whose files are all there: its owner undid an edit before a worker began it."""
    if photo.state in UNSETTLED and (photo.stage, photo.stamp) == (Stage.FULL, stamp):
        photo.state, photo.state_at = State.READY, timezone.now()
        photo.save(update_fields=["state", "state_at"])


def _has_just_begun(photo: Photo, stage: Stage, stamp: str) -> bool:
    latest = Attempt.objects.of_photo(photo.pk).order_by("-number").first()
    return (
        latest is not None
        and latest.outcome == Attempt.Outcome.OPEN
        and (latest.stage, latest.stamp) == (stage, stamp)
        and latest.started_at > timezone.now() - JUST_BEGUN
    )
