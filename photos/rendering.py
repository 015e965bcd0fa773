"""From an accepted original to verified renditions.

The row is the truth, a queue message only a hint: any number of deliveries, workers and restarts end in one set of
objects, since keys and bytes depend on content and recipe alone and the state moves by a fence (the attempt's number).
"""

import hashlib
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import F
from django.utils import timezone

from photos import sandbox, storage
from photos.models import Photo, Rendition, State, Visibility
from photos.rejections import Rejected
from photos.rendered import Facts, Rendered
from photos.renditions import RECIPE_VERSION
from sharding import causal, ids
from sharding.transactions import shard_atomic

log = structlog.get_logger("photos.rendering")

MAX_ATTEMPTS = 8
UNSETTLED = (State.RECEIVED, State.PROCESSING)
DEADLINE = timedelta(seconds=60)


def render(photo_id: int) -> State | None:
    """Render one photo and return the state it ended in; None when there was nothing (more) to do.

    Raises storage.StorageUnavailable and database errors, for the queue to try again.
    """
    with causal.pin():
        photo = claim(photo_id)
        if photo is None:
            return None
        try:
            rendered = sandbox.run_render(_original(photo))
        except Rejected as refusal:
            return _fail(photo, refusal.code, refusal.sentence)
        return _publish(photo, rendered, write_renditions(photo, rendered))


def claim(photo_id: int) -> Photo | None:
    """Start an attempt and return the photo with its number; None when it is settled or gone.

    A photo that somebody is processing is claimed all the same: they may be dead, and the later attempt wins.
    """
    unsettled = Photo.objects.locate(photo_id).filter(state__in=UNSETTLED)
    started = unsettled.update(state=State.PROCESSING, state_at=timezone.now(), attempts=F("attempts") + 1)
    if not started:
        return None
    photo: Photo = Photo.objects.locate(photo_id).get()
    if photo.attempts > MAX_ATTEMPTS:
        _fail(photo, "gave_up", "This photo could not be processed. Please upload it again.")
        return None
    return photo


def write_renditions(photo: Photo, rendered: Rendered) -> list[Rendition]:
    """Store every rendition under its immutable key, verified by the store; return the unsaved rows."""
    rows = []
    for made in rendered.renditions:
        key = storage.rendition_key(
            photo.pk, photo.sha256, made.spec, is_public=photo.visibility == Visibility.PUBLIC
        )
        storage.write(key, made.data, content_type=made.spec.content_type, sha256=made.sha256)
        rows.append(
            Rendition(
                photo_id=photo.pk,
                edge=made.spec.edge,
                format=made.spec.format,
                width=made.width,
                height=made.height,
                bytes=len(made.data),
                sha256=made.sha256,
                key=key,
                recipe_version=RECIPE_VERSION,
            )
        )
    return rows


def overdue(alias: str, limit: int = 500) -> list[int]:
    """Return ids of photos on a shard that should have been settled by now, oldest first."""
    late = Photo.objects.on(alias).filter(state__in=UNSETTLED, state_at__lt=timezone.now() - DEADLINE)
    return list(late.order_by("state_at").values_list("pk", flat=True)[:limit])


def _original(photo: Photo) -> bytes:
    try:
        original = storage.read(photo.original_key)
    except storage.NotStored as error:
        raise Rejected(
            "unreadable", "The uploaded file is no longer there. Please upload it again."
        ) from error
    if hashlib.sha256(original).hexdigest() != photo.sha256:
        raise Rejected("unreadable", "The photo was damaged on its way. Please upload it again.")
    return original


def _publish(photo: Photo, rendered: Rendered, renditions: list[Rendition]) -> State | None:
    with shard_atomic(owner_id=photo.owner_id):
        moved = _move(
            photo,
            state=State.READY,
            width=rendered.width,
            height=rendered.height,
            original_format=rendered.format.value,
            recipe_version=RECIPE_VERSION,
            thumbhash=rendered.thumbhash,
            color=rendered.dominant_color,
            facts=facts_to_show(rendered.facts),
            failure_code="",
            failure="",
        )
        if not moved:
            return None
        Rendition.objects.in_bucket(ids.bucket_of(photo.pk)).bulk_create(renditions, ignore_conflicts=True)
    log.info(
        "photo.ready", photo_id=photo.pk, attempt=photo.attempts, notes=rendered.notes, cost=rendered.cost
    )
    return State.READY


def _fail(photo: Photo, code: str, sentence: str) -> State | None:
    if not _move(photo, state=State.FAILED, failure_code=code, failure=sentence):
        return None
    log.warning("photo.failed", photo_id=photo.pk, attempt=photo.attempts, code=code)
    return State.FAILED


def _move(photo: Photo, **fields: Any) -> bool:
    """Move the state, unless a later attempt has taken over or the photo is gone."""
    mine = Photo.objects.locate(photo.pk).filter(state=State.PROCESSING, attempts=photo.attempts)
    return bool(mine.update(state_at=timezone.now(), **fields))


def facts_to_show(facts: Facts) -> dict[str, Any]:
    """Return what the camera wrote as JSON, without what it left empty."""
    shown = {name: value for name, value in asdict(facts).items() if value not in {None, ""}}
    if facts.taken_at is not None:
        shown["taken_at"] = facts.taken_at.isoformat()
    return shown
