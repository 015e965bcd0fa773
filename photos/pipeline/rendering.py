"""Render an accepted original into verified renditions, stage by stage.

The photo's row is the truth and a queue message only a hint: any number of deliveries, workers and restarts produce one
set of objects. Keys depend on content, recipe, edits and credit alone. The store refuses bytes that do not match their
checksum. Nothing refers to a file before the row's stamp does, and only the latest attempt may change the stamp.

Each stage reads and decodes the original again: the small sizes are shown sooner for the price of a second decoding.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import structlog

from photos.files import edge, keys, relocation, s3
from photos.imaging.edits import Edits
from photos.imaging.rejections import MAYBE_OURS, QUARANTINED, SENTENCES, Rejected
from photos.imaging.renditions import Spec, all_quick, all_rest, newest_recipe
from photos.imaging.results import Facts, Rendered, RenditionBytes
from photos.imaging.sandbox import client as sandbox
from photos.imaging.sandbox.client import SandboxError
from photos.library import preferences, quota
from photos.models import Attempt, Photo, Rendition, Stage, State
from photos.models.licences import credit_of
from photos.pipeline import attempts
from photos.social import notifications
from sharding.consistency import causal, outbox, token_handover
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

log = structlog.get_logger("photos.rendering")

Outcome = Attempt.Outcome
SHOWN = "photo.shown"
READY = "photo.ready"
PUBLISHED = "photo.published"  # the first time that a photo has a picture to show
PUTS_AT_ONCE = 4
IDENTITY = ("photo", "name", "format", "stamp")


class TryAgain(Exception):
    """The attempt failed, but another may succeed: the queue repeats the message."""


def render(photo_id: int, stage: Stage) -> State | None:
    """Render a photo up to `stage`; return its new state, or None when there was nothing to do.

    Raises TryAgain, s3.StorageUnavailable and database errors; the queue repeats the message then.
    """
    with causal.pin():
        attempt = attempts.claim(photo_id, stage)
        if attempt is None:
            return None
        try:
            rendered = sandbox.run_render(
                read_original(attempt.photo),
                specs=specs_to_make(attempt),
                edits=attempt.photo.edits,
                credit=credit_of(attempt.credit),
                place=attempt.photo.location,
            )
            return publish(attempt, rendered, write_renditions(attempt, rendered.renditions))
        except Rejected as refusal:
            return _refuse(attempt, refusal)
        except SandboxError as error:
            return _crash(attempt, QUARANTINED, SENTENCES[QUARANTINED], error)
        except s3.StorageUnavailable as error:
            attempts.end(attempt, Outcome.POSTPONED, error=str(error))
            raise


def specs_to_make(attempt: Attempt) -> frozenset[Spec]:
    """Return the renditions that the attempt makes: at the full stage only the rest, if the quick ones are current."""
    photo = attempt.photo
    if attempt.stage == Stage.QUICK:
        return all_quick()
    is_current = (photo.stamp, photo.shown_shelf) == (attempt.stamp, photo.shelf)
    has_quick = photo.stage == Stage.QUICK and is_current
    return all_rest() if has_quick else all_quick() | all_rest()


def read_original(photo: Photo) -> bytes:
    """Return the uploaded bytes after checking their SHA-256. Raises Rejected, s3.StorageUnavailable."""
    try:
        data = s3.read(photo.original_key)
    except s3.NotStored as error:
        raise Rejected("lost") from error
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise Rejected("damaged")
    return data


def write_renditions(attempt: Attempt, files: list[RenditionBytes]) -> list[Rendition]:
    """Store files under their immutable keys, PUTS_AT_ONCE at a time, verified by the store; return unsaved rows."""
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
        return list(threads.map(write, files))


def publish(attempt: Attempt, rendered: Rendered, rows: list[Rendition]) -> State | None:
    """Save the renditions, show them by the photo's row and emit the event, in one transaction behind the fence.

    Returns the photo's state, or None when the attempt was overtaken. Raises what `_withdraw` raises.
    """
    photo, is_full = attempt.photo, attempt.stage == Stage.FULL
    cost = asdict(rendered.cost) if rendered.cost else {}
    with shard_atomic(owner_id=photo.owner_id):
        moved = attempts.move_photo(
            attempt, **_shown_fields(attempt, rendered), state=State.READY if is_full else State.PROCESSING
        )
        if moved:
            bucket = ids.bucket_of(photo.pk)
            # A row of the same file may exist, with a key from before the photo's visibility changed.
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
    """Delete the files just written if the photo was deleted, or its storage prefix changed, while they were made.

    Raises TryAgain if the photo still needs its files, s3.StorageUnavailable, edge.EdgeUnavailable.
    """
    photo: Photo | None = Photo.objects.locate(attempt.photo_id).first()
    if photo is not None and photo.shelf == attempt.photo.shelf:
        return
    for row in rows:
        s3.delete(row.key)
    edge.purge(row.key for row in rows)
    if photo is not None:
        raise TryAgain("the photo's visibility was changed")


def _shown_fields(attempt: Attempt, rendered: Rendered) -> dict[str, Any]:
    """Return the photo's fields that describe the files it is shown by."""
    photo, place = attempt.photo, rendered.place
    is_base = Edits.parse(photo.edits).is_identity
    return {
        "stage": attempt.stage,
        "stamp": attempt.stamp,
        "shown_shelf": photo.shelf,
        "unedited_stamp": attempt.stamp if is_base else photo.unedited_stamp,
        "shown_edits": photo.edits,
        "shown_credit": dict(attempt.credit),
        "latitude": preferences.place_to_store(photo.location, place.latitude if place else None),
        "longitude": preferences.place_to_store(photo.location, place.longitude if place else None),
        "width": rendered.width,
        "height": rendered.height,
        "is_moving": any(each.spec.is_animated for each in rendered.renditions),
        "original_format": rendered.format.value,
        "recipe_version": newest_recipe(),
        "thumbhash": rendered.thumbhash,
        "perceptual_hash": rendered.phash,
        "color": rendered.dominant_color,
        "facts": facts_as_json(rendered.facts),
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
    """Mark a photo as failed, free its quota and notify its owner; a shown photo stays without the new edits.

    Returns the photo's state, or None when the attempt was overtaken.
    """
    photo = attempt.photo
    if photo.stage == Stage.FULL:
        moved = attempts.move_photo(
            attempt, state=State.READY, edits=photo.shown_edits, failure_code=code, failure=sentence
        )
        token_handover.hand_token_to(photo.owner_id)
        return State.READY if moved else None
    with shard_atomic(owner_id=photo.owner_id):
        if not attempts.move_photo(attempt, state=State.FAILED, failure_code=code, failure=sentence):
            return None
        quota.give_back(
            photo.owner_id, photo.pk
        )  # locks the account: failures of one owner follow each other
        notifications.tell_failed(photo.owner_id, photo.pk, attempt.number)
    token_handover.hand_token_to(photo.owner_id)
    log.warning("photo.failed", photo_id=photo.pk, attempt=attempt.number, code=code)
    return State.FAILED


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """Return the camera's facts as JSON, without empty ones; `taken_at` in ISO 8601."""
    fields = {name: value for name, value in asdict(facts).items() if value not in {None, ""}}
    if facts.taken_at is not None:
        fields["taken_at"] = facts.taken_at.isoformat()
    return fields
