"""From an accepted original to verified renditions, stage by stage.

The row is the truth, a queue message only a hint: any number of deliveries, workers and restarts end in one set of
objects. Keys depend on content, recipe, edits and credit alone; the store refuses bytes that do not match their
checksum; and nothing refers to a file before the row's stamp does, which moves only by a fence (the attempt's number).
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import structlog

from photos.files import edge, keys, relocation, s3
from photos.imaging.edits import Edits
from photos.imaging.i18n import gettext_noop
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import ALL, QUICK, RECIPE_VERSION, REST, Spec
from photos.imaging.results import Facts, Rendered, RenditionBytes
from photos.imaging.sandbox import client as sandbox
from photos.imaging.sandbox.client import SandboxError
from photos.library import preferences, quota
from photos.models import Attempt, Photo, Rendition, Stage, State
from photos.models.licences import credit_of
from photos.pipeline import attempts
from sharding.consistency import causal, outbox, token_handover
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

log = structlog.get_logger("photos.rendering")

Outcome = Attempt.Outcome
SHOWN = "photo.shown"
READY = "photo.ready"
PUBLISHED = "photo.published"  # there is something to see for the first time
# The file may be what breaks its process, or the machine was only busy: it is tried again before it is blamed.
MAYBE_OURS = frozenset(("timed_out", "out_of_memory"))
PUTS_AT_ONCE = 4
IDENTITY = ("photo", "name", "format", "stamp")


class TryAgain(Exception):
    """This attempt came to nothing, but the next may not: for the queue to repeat."""


def render(photo_id: int, stage: Stage) -> State | None:
    """Bring a photo to `stage`; return the state it is in then, or None when there was nothing to do.

    Raises TryAgain, s3.StorageUnavailable and database errors, for the queue to repeat.
    """
    with causal.pin():
        attempt = attempts.claim(photo_id, stage)
        if attempt is None:
            return None
        try:
            rendered = sandbox.run_render(
                original(attempt.photo),
                specs=wanted(attempt),
                edits=attempt.photo.edits,
                credit=credit_of(attempt.credit),
                place=attempt.photo.location,
            )
            return publish(attempt, rendered, write_renditions(attempt, rendered.renditions))
        except Rejected as refusal:
            return _refuse(attempt, refusal)
        except SandboxError as error:
            return _crash(
                attempt, "quarantined", gettext_noop("This photo breaks the program that opens it."), error
            )
        except s3.StorageUnavailable as error:
            attempts.end(attempt, Outcome.POSTPONED, error=str(error))
            raise


def wanted(attempt: Attempt) -> frozenset[Spec]:
    """Return the files to make, of those that a photo of its size gets."""
    photo = attempt.photo
    if attempt.stage == Stage.QUICK:
        return QUICK
    is_same = (photo.stamp, photo.shown_shelf) == (attempt.stamp, photo.shelf)
    is_begun = photo.stage == Stage.QUICK and is_same
    return REST if is_begun else ALL


def original(photo: Photo) -> bytes:
    """Return the uploaded bytes, which are proven to be the announced ones. Raises Rejected, StorageUnavailable."""
    try:
        found = s3.read(photo.original_key)
    except s3.NotStored as error:
        raise Rejected(
            "unreadable", gettext_noop("The uploaded file is no longer there. Please upload it again.")
        ) from error
    if hashlib.sha256(found).hexdigest() != photo.sha256:
        raise Rejected(
            "unreadable", gettext_noop("The photo was damaged on its way. Please upload it again.")
        )
    return found


def write_renditions(attempt: Attempt, made: list[RenditionBytes]) -> list[Rendition]:
    """Store files under their immutable keys, several at once, each verified by the store; return unsaved rows."""
    photo = attempt.photo
    shelf = relocation.assigned_shelf(photo)

    def write(one: RenditionBytes) -> Rendition:
        key = keys.rendition_key(photo.pk, attempt.stamp, one.spec, shelf=shelf)
        s3.write(key, one.data, content_type=one.spec.content_type, sha256=one.sha256)
        return Rendition(
            photo_id=photo.pk,
            name=one.spec.name,
            format=one.spec.format,
            width=one.width,
            height=one.height,
            bytes=len(one.data),
            sha256=one.sha256,
            key=key,
            stamp=attempt.stamp,
        )

    with ThreadPoolExecutor(PUTS_AT_ONCE) as threads:
        return list(threads.map(write, made))


def publish(attempt: Attempt, rendered: Rendered, rows: list[Rendition]) -> State | None:
    """Show what was made: rows, the photo's new look and the event of it, in one transaction behind the fence."""
    photo, is_full = attempt.photo, attempt.stage == Stage.FULL
    cost = asdict(rendered.cost) if rendered.cost else {}
    with shard_atomic(owner_id=photo.owner_id):
        moved = attempts.move(
            attempt, **_look(attempt, rendered), state=State.READY if is_full else State.PROCESSING
        )
        if moved:
            bucket = ids.bucket_of(photo.pk)
            # The same file may be known already, at a key of before the photo's visibility was changed.
            Rendition.objects.in_bucket(bucket).bulk_create(
                rows, update_conflicts=True, unique_fields=IDENTITY, update_fields=["key", "bytes", "sha256"]
            )
            outbox.add(bucket, READY if is_full else SHOWN, {"photo_id": photo.pk})
            if photo.stage == Stage.NONE:
                outbox.add(bucket, PUBLISHED, {"photo_id": photo.pk})
        outcome = Outcome.DONE if moved else Outcome.OVERTAKEN
        attempts.end(attempt, outcome, cpu_seconds=cost.get("cpu_seconds"))
    if not moved:
        _withdraw(attempt, rows)
        return None
    token_handover.hand_token_to(photo.owner_id)
    log.info(
        "photo.shown",
        photo_id=photo.pk,
        stage=attempt.stage,
        attempt=attempt.number,
        notes=rendered.notes,
        **cost,
    )
    return State.READY if is_full else State.PROCESSING


def _withdraw(attempt: Attempt, rows: list[Rendition]) -> None:
    """Delete files that nobody may have: the photo was removed while they were made, or hidden from somebody.

    Raises TryAgain if it is still wanted, s3.StorageUnavailable, edge.EdgeUnavailable.
    """
    photo: Photo | None = Photo.objects.locate(attempt.photo_id).first()
    if photo is not None and photo.shelf == attempt.photo.shelf:
        return
    for row in rows:
        s3.delete(row.key)
    edge.purge(row.key for row in rows)
    if photo is not None:
        raise TryAgain("the photo's visibility was changed")


def _look(attempt: Attempt, rendered: Rendered) -> dict[str, Any]:
    photo, place = attempt.photo, rendered.place
    is_base = attempt.stage == Stage.FULL and Edits.parse(photo.edits).is_identity
    return {
        "stage": attempt.stage,
        "stamp": attempt.stamp,
        "shown_shelf": photo.shelf,
        "unedited_stamp": attempt.stamp if is_base else photo.unedited_stamp,
        "shown_edits": photo.edits,
        "shown_credit": dict(attempt.credit),
        "latitude": preferences.kept_place(photo.location, place.latitude if place else None),
        "longitude": preferences.kept_place(photo.location, place.longitude if place else None),
        "width": rendered.width,
        "height": rendered.height,
        "original_format": rendered.format.value,
        "recipe_version": RECIPE_VERSION,
        "thumbhash": rendered.thumbhash,
        "perceptual_hash": rendered.phash,
        "color": rendered.dominant_color,
        "facts": facts_to_show(rendered.facts),
        "failure_code": "",
        "failure": "",
    }


def _refuse(attempt: Attempt, refusal: Rejected) -> State | None:
    if refusal.code in MAYBE_OURS:
        return _crash(attempt, refusal.code, refusal.sentence, refusal)
    attempts.end(attempt, Outcome.REJECTED, error=f"{refusal.code}: {refusal.detail or refusal.sentence}")
    return fail(attempt, refusal.code, refusal.sentence)


def _crash(attempt: Attempt, code: str, sentence: str, error: Exception) -> State | None:
    attempts.end(attempt, Outcome.CRASHED, error=str(error))
    if not attempts.is_quarantined(attempt):
        raise TryAgain(str(error)) from error
    return fail(attempt, code, sentence)


def fail(attempt: Attempt, code: str, sentence: str) -> State | None:
    """End a photo's way, and give its room back; a photo that is shown stays as it was, without the new edits."""
    photo = attempt.photo
    if photo.stage == Stage.FULL:
        back = {"state": State.READY, "edits": photo.shown_edits, "failure_code": code, "failure": sentence}
        moved = attempts.move(attempt, **back)
        token_handover.hand_token_to(photo.owner_id)
        return State.READY if moved else None
    with shard_atomic(owner_id=photo.owner_id):
        if not attempts.move(attempt, state=State.FAILED, failure_code=code, failure=sentence):
            return None
        quota.give_back(photo.owner_id, photo.pk)
    token_handover.hand_token_to(photo.owner_id)
    log.warning("photo.failed", photo_id=photo.pk, attempt=attempt.number, code=code)
    return State.FAILED


def facts_to_show(facts: Facts) -> dict[str, Any]:
    """Return what the camera wrote as JSON, without what it left empty."""
    shown = {name: value for name, value in asdict(facts).items() if value not in {None, ""}}
    if facts.taken_at is not None:
        shown["taken_at"] = facts.taken_at.isoformat()
    return shown
