"""Who works on a photo, and how that ended: the fence that lets many try and one succeed.

Each try is a row with a number, which is also the photo's `attempts`. Only the holder of the latest number moves the
photo. A try that was never ended belongs to a worker that died: that is no fault of the photo's.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from photos.files.keys import stamp_of
from photos.imaging.edits import Edits
from photos.imaging.renditions import RECIPE_VERSION
from photos.library import preferences
from photos.models import Attempt, Photo, Stage, State
from photos.models.licences import credit_of
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

UNSETTLED = (State.RECEIVED, State.PROCESSING)
# With the sweep every ten seconds, work that a queue forgot is found within a minute.
DEADLINE = timedelta(seconds=45)
# The same when the queues hold nothing at all.
FORGOTTEN = timedelta(seconds=8)
CRASHES = 3
# A worker that dies takes a try with it; so many in a row is no accident any more.
TRIES = 40
# Somebody who began less than this ago is likely at work: a second delivery leaves them alone.
AT_WORK = timedelta(seconds=10)


def wanted_stamp(photo: Photo, credit: Mapping[str, str]) -> str:
    """Return what the photo's files should be made of: its content, today's recipe, the owner's edits and credit."""
    edits = Edits.parse(photo.edits).as_json()
    return stamp_of(photo.sha256, edits, credit_of(credit).as_json(), recipe=RECIPE_VERSION)


def is_due(photo: Photo, stage: Stage, stamp: str) -> bool:
    """Return whether a photo lacks this stage of what is wanted."""
    if photo.state in {State.RESERVED, State.FAILED}:
        return False
    if photo.stage == Stage.NONE or photo.stamp != stamp:
        return True
    return stage == Stage.FULL and photo.stage != Stage.FULL


def claim(photo_id: int, stage: Stage) -> Attempt | None:
    """Start a try; None when the photo is gone, does not need it, or somebody has just begun the same."""
    with shard_atomic(bucket=ids.bucket_of(photo_id)):
        photo = Photo.objects.locate(photo_id).select_for_update().first()
        if photo is None:
            return None
        credit = preferences.of(photo.owner_id).credit
        stamp = wanted_stamp(photo, credit)
        if not is_due(photo, stage, stamp) or _is_at_work(photo, stage, stamp):
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
    """Write down how a try ended."""
    mine = Attempt.objects.locate(attempt.pk)
    mine.update(outcome=outcome, error=error[:4000], ended_at=timezone.now(), cpu_seconds=cpu_seconds)


def move(attempt: Attempt, **fields: Any) -> bool:
    """Change the photo, unless a later try has taken over, its edits or its shelf have changed, or it is gone."""
    photo = attempt.photo
    same = {"attempts": attempt.number, "edits": photo.edits, "shelf": photo.shelf}
    mine = Photo.objects.locate(photo.pk).filter(**same)
    return bool(
        mine.exclude(state__in=[State.RESERVED, State.FAILED]).update(state_at=timezone.now(), **fields)
    )


def is_quarantined(attempt: Attempt) -> bool:
    """Return whether the photo has had its chances: it broke its process too often, or nothing ever came of it."""
    tries = Attempt.objects.of_photo(attempt.photo_id).filter(stamp=attempt.stamp, stage=attempt.stage)
    crashes: int = tries.filter(outcome=Attempt.Outcome.CRASHED).count()
    deaths: int = tries.filter(outcome=Attempt.Outcome.OPEN).count()
    return crashes >= CRASHES or deaths >= TRIES


def overdue(alias: str, deadline: timedelta = DEADLINE, limit: int = 500) -> list[Photo]:
    """Return photos of a shard that should have been settled by now, longest waiting first."""
    late = Photo.objects.on(alias).filter(state__in=UNSETTLED, state_at__lt=timezone.now() - deadline)
    return list(late.order_by("state_at")[:limit])


def note_sent(photo: Photo) -> bool:
    """Begin a photo's deadline anew, since it is sent now; False when something has happened to it meanwhile."""
    same = Photo.objects.locate(photo.pk).filter(state=photo.state, state_at=photo.state_at)
    return bool(same.update(state_at=timezone.now()))


def _is_at_work(photo: Photo, stage: Stage, stamp: str) -> bool:
    latest = Attempt.objects.of_photo(photo.pk).order_by("-number").first()
    return (
        latest is not None
        and latest.outcome == Attempt.Outcome.OPEN
        and (latest.stage, latest.stamp) == (stage, stamp)
        and latest.started_at > timezone.now() - AT_WORK
    )
