"""Upload: reserve a photo, let the browser put the bytes straight into S3, verify them, accept the photo.

No web pod handles the bytes. `begin` reserves a row and its share of the owner's quota, and answers with presigned URLs
that accept exactly the declared bytes. `finish` checks the stored object and, in one transaction on the owner's shard,
changes the row's state and emits the event that gets the photo rendered. Every step can be repeated without harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from django.utils import timezone

from photos.files import s3
from photos.library import preferences, quota
from photos.models import Photo, State
from photos.pipeline import multipart, reservations
from photos.pipeline.refusals import BadTicket, Mismatch, NotStored, UploadError
from photos.pipeline.upload_request import FileManifest
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

log = structlog.get_logger("photos.upload")

RECEIVED = "photo.received"
FORGOTTEN = "upload.forgotten"
ABANDONED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Offer:
    """Where and how the browser puts one file whole."""

    ticket: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class PartsOffer:
    """Where and how the browser puts a large file in parts, and which parts are stored already."""

    ticket: str
    plan: multipart.Plan


@dataclass(frozen=True)
class Duplicate:
    """The owner has a photo of these bytes already, so nothing is sent; it may just have come back from the trash."""

    photo: Photo
    is_restored: bool


@dataclass(frozen=True)
class Refusal:
    """The file is refused: code and sentence of the UploadError that says why."""

    code: str
    sentence: str


Outcome = Offer | PartsOffer | Duplicate | Refusal


def begin(owner_id: int, files: Sequence[FileManifest]) -> list[Outcome]:
    """Return, for each file in order, where to put it, the photo that has its bytes already, or why it is refused.

    Raises s3.StorageUnavailable when the multipart upload of a large file cannot be opened.
    """
    with causal.pin():
        existing = _photos_by_sha256(owner_id, {file.sha256 for file in files})
        defaults = preferences.for_owner(owner_id)
        return [
            _begin_one(
                owner_id,
                replace(file, visibility=file.visibility or defaults.visibility),
                existing,
                defaults.location,
            )
            for file in files
        ]


def finish(owner_id: int, ticket: str) -> tuple[Photo, bool]:
    """Accept an upload; return (photo, whether this call accepted it).

    Raises BadTicket, NotStored (put the bytes again), Mismatch, or s3.StorageUnavailable (ask again later).
    """
    with causal.pin():
        photo = _photo_of_ticket(owner_id, ticket)
        if photo.state != State.RESERVED:
            return photo, False
        _verify(photo)
        with shard_atomic(owner_id=owner_id):
            is_new = bool(
                Photo.objects.locate(photo.pk)
                .filter(state=State.RESERVED)
                .update(state=State.RECEIVED, state_at=timezone.now(), multipart_id="")
            )
            if is_new:
                outbox.add(ids.bucket_of(photo.pk), RECEIVED, {"photo_id": photo.pk})
        try:
            photo.refresh_from_db()
        except Photo.DoesNotExist as error:  # cancelled meanwhile
            raise BadTicket from error
    return photo, is_new


def retry(photo: Photo) -> bool:
    """Send a failed photo through the pipeline again with its stored bytes; return False when it is not failed.

    Raises quota.Exceeded.
    """
    with shard_atomic(owner_id=photo.owner_id):
        failed = Photo.objects.locate(photo.pk).filter(state=State.FAILED)
        if not failed.update(state=State.RECEIVED, state_at=timezone.now(), failure="", failure_code=""):
            return False
        quota.take(photo.owner_id, photo.pk, photo.original_bytes)
        outbox.add(ids.bucket_of(photo.pk), RECEIVED, {"photo_id": photo.pk})
    return True


def renew_parts(owner_id: int, ticket: str) -> multipart.Plan:
    """Return fresh URLs for the parts of an upload, and which parts are stored.

    Raises BadTicket, NotStored (the store has no such multipart upload: begin again), s3.StorageUnavailable.
    """
    with causal.pin():
        photo = _photo_of_ticket(owner_id, ticket)
        if not photo.multipart_id or not s3.is_multipart_open(photo.original_key, photo.multipart_id):
            raise NotStored
        return multipart.plan(photo)


def cancel(owner_id: int, ticket: str) -> bool:
    """Delete an unfinished upload: its row, quota, stored parts and bytes.

    Returns False when it was accepted or deleted before. Raises BadTicket for another owner's upload, and
    s3.StorageUnavailable when bytes are left behind; the quota is free by then.
    """
    with causal.pin():
        photo = _photo_of_ticket(owner_id, ticket)
        return photo.state == State.RESERVED and _delete_reservation(photo)


def collect_abandoned(alias: str, limit: int = 200) -> int:
    """Delete up to `limit` uploads of a shard that were not finished within ABANDONED_AFTER; return how many."""
    with causal.pin():
        old = Photo.objects.on(alias).filter(
            state=State.RESERVED, state_at__lt=timezone.now() - ABANDONED_AFTER
        )
        abandoned = list(old.order_by("state_at")[:limit])
        for photo in abandoned:
            _delete_reservation(photo)
    return len(abandoned)


def _photos_by_sha256(owner_id: int, sha256s: set[str]) -> dict[str, Photo]:
    photos = Photo.objects.of(owner_id).filter(sha256__in=sha256s)
    return {photo.sha256: photo for photo in photos}


def _begin_one(owner_id: int, file: FileManifest, existing: dict[str, Photo], location: str) -> Outcome:
    """Begin one file; a photo that it reserves is added to `existing`, for a later file with the same bytes."""
    try:
        file.check()
        photo = existing.get(file.sha256) or reservations.reserve(owner_id, file, location)
        was_in_trash = photo.trashed_at is not None
        if was_in_trash:
            photo = reservations.restore_from_trash(photo, file, location)
        if photo.state in {State.FAILED, State.RESERVED}:
            photo = reservations.reserve_again(photo, file, location)
        existing[file.sha256] = photo
        return _offer(photo) if photo.state == State.RESERVED else Duplicate(photo, was_in_trash)
    except UploadError as error:
        return Refusal(error.code, error.sentence)
    except Photo.DoesNotExist:  # cancelled meanwhile, from another tab
        return Refusal(BadTicket.code, BadTicket.sentence)


def _offer(photo: Photo) -> Offer | PartsOffer:
    if photo.original_bytes > multipart.WHOLE_UP_TO_BYTES:
        return PartsOffer(photo.pid, multipart.plan(multipart.ensure_open(photo)))
    url, headers = s3.presigned_put(
        photo.original_key, size=photo.original_bytes, content_type=photo.content_type, sha256=photo.sha256
    )
    return Offer(photo.pid, url, headers)


def _photo_of_ticket(owner_id: int, ticket: str) -> Photo:
    try:
        photo_id = ids.decode(ticket)
    except ids.InvalidId as error:
        raise BadTicket from error
    photo: Photo | None = Photo.objects.locate(photo_id).filter(owner_id=owner_id).first()
    if photo is None:
        raise BadTicket
    return photo


def _verify(photo: Photo) -> None:
    """Compare the stored object with what the browser declared. Raises NotStored, Mismatch."""
    checksum = photo.sha256
    try:
        if photo.multipart_id:
            multipart.complete(photo)
            checksum = multipart.combined_checksum(photo.part_sha256s)
        stored = s3.ask(photo.original_key)
    except s3.NotStored as error:
        raise NotStored from error
    except s3.WrongParts as error:
        raise Mismatch from error
    if (stored.bytes, stored.sha256) != (photo.original_bytes, checksum):
        raise Mismatch


def _delete_reservation(photo: Photo) -> bool:
    with shard_atomic(owner_id=photo.owner_id):
        deleted, _ = Photo.objects.locate(photo.pk).filter(state=State.RESERVED).delete()
        if deleted:
            quota.give_back(photo.owner_id, photo.pk)
            payload = {"photo_id": photo.pk, "keys": [photo.original_key]}
            outbox.add(ids.bucket_of(photo.pk), FORGOTTEN, payload)
    if deleted:  # after the commit: from now on `finish` cannot accept these bytes
        if photo.multipart_id:
            multipart.abort(photo)
        s3.delete(photo.original_key)
        log.info("upload.forgotten", photo_id=photo.pk, bytes=photo.original_bytes)
    return bool(deleted)
