"""Uploading: reserve, let the browser put the bytes straight to S3, verify, accept.

Bytes never pass a web pod. `begin` reserves a row and its place in the owner's quota and answers with presigned
addresses that take exactly the announced bytes; `finish` checks what was stored and moves the row on together with the
event that gets it rendered, in one transaction on the owner's shard. Everything can be repeated without harm: the same
bytes of one owner are one photo, and its key is made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from django.utils import timezone
from django.utils.translation import gettext_noop

from photos.files import keys, relocation, s3
from photos.library import deletion, preferences, quota, trash, visibility
from photos.models import Photo, State
from photos.pipeline import multipart
from photos.pipeline.upload_request import Announced, UploadError
from photos.text import filenames
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.allocation import new_ids
from sharding.rows.transactions import shard_atomic

log = structlog.get_logger("photos.upload")

RECEIVED = "photo.received"
FORGOTTEN = "upload.forgotten"
ABANDONED_AFTER = timedelta(days=1)


class BadTicket(UploadError):
    """There is no such upload, or it is somebody else's."""

    code = "bad_ticket"
    sentence = gettext_noop("This upload has expired. Please choose the photo again.")


class NotStored(UploadError):
    """The bytes are not in the store (yet)."""

    code = "not_stored"
    sentence = gettext_noop("The photo has not arrived yet. It is being sent again.")


class Mismatch(UploadError):
    """What is stored is not what was announced."""

    code = "mismatch"
    sentence = gettext_noop("What arrived is not the photo that was announced. Please upload it again.")


class QuotaExceeded(UploadError):
    """The owner has no room left for it."""

    code = "quota_exceeded"
    sentence = gettext_noop("There is no room left for this photo. Remove some photos first.")


@dataclass(frozen=True)
class Offer:
    """Where and how to put one file whole."""

    ticket: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class PartsOffer:
    """Where and how to put a large file in parts, and which of them are there already."""

    ticket: str
    plan: multipart.Plan


@dataclass(frozen=True)
class Restored:
    """A photo that was in the trash, and is back."""

    photo: Photo


Outcome = Offer | PartsOffer | Photo | Restored | UploadError


def begin(owner_id: int, files: Sequence[Announced]) -> list[Outcome]:
    """Answer each announced file, in order, with where to put it, the Photo it already is, or an UploadError.

    Raises s3.StorageUnavailable when a large file's upload cannot be opened.
    """
    with causal.pin():
        known = _known(owner_id, {file.sha256 for file in files})
        wanted = preferences.of(owner_id)
        said = [replace(file, visibility=file.visibility or wanted.visibility) for file in files]
        return [_begin_one(owner_id, file, known, wanted.location) for file in said]


def finish(owner_id: int, ticket: str) -> tuple[Photo, bool]:
    """Accept an upload; return (photo, whether it was accepted just now).

    Raises BadTicket, NotStored (put the bytes again), Mismatch, or s3.StorageUnavailable (ask again later).
    """
    with causal.pin():
        photo = _reserved(owner_id, ticket)
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
    """Send a failed photo through the pipeline again with the bytes that are there; False when it is not failed."""
    with shard_atomic(owner_id=photo.owner_id):
        failed = Photo.objects.locate(photo.pk).filter(state=State.FAILED)
        if not failed.update(state=State.RECEIVED, state_at=timezone.now(), failure="", failure_code=""):
            return False
        quota.take(photo.owner_id, photo.pk, photo.original_bytes)
        outbox.add(ids.bucket_of(photo.pk), RECEIVED, {"photo_id": photo.pk})
    return True


def renew_parts(owner_id: int, ticket: str) -> multipart.Plan:
    """Return fresh addresses for the parts that are missing.

    Raises BadTicket, NotStored (the store knows of no such upload: begin again), s3.StorageUnavailable.
    """
    with causal.pin():
        photo = _reserved(owner_id, ticket)
        if not photo.multipart_id or not s3.is_multipart_open(photo.original_key, photo.multipart_id):
            raise NotStored
        return multipart.plan(photo)


def cancel(owner_id: int, ticket: str) -> bool:
    """Forget an upload that its owner does not want any more: room, parts, bytes, row.

    False when there is nothing to forget: it was accepted, or forgotten before. Raises BadTicket for somebody else's,
    s3.StorageUnavailable when bytes are left behind; the room is free by then.
    """
    with causal.pin():
        photo = _reserved(owner_id, ticket)
        return photo.state == State.RESERVED and _collect(photo)


def collect_abandoned(alias: str, limit: int = 200) -> int:
    """Forget uploads of a shard that nobody finished within a day: room, parts, bytes, row. Return how many."""
    with causal.pin():
        old = Photo.objects.on(alias).filter(
            state=State.RESERVED, state_at__lt=timezone.now() - ABANDONED_AFTER
        )
        found = list(old.order_by("state_at")[:limit])
        for photo in found:
            _collect(photo)
    return len(found)


def _known(owner_id: int, digests: set[str]) -> dict[str, Photo]:
    photos = Photo.objects.of(owner_id).filter(sha256__in=digests)
    return {photo.sha256: photo for photo in photos}


def _begin_one(owner_id: int, file: Announced, known: dict[str, Photo], location: str) -> Outcome:
    try:
        file.check()
        photo = known.get(file.sha256) or _reserve(owner_id, file, location)
        was_in_trash = photo.trashed_at is not None
        if was_in_trash:
            photo = _from_trash(photo, file, location)
        if photo.state in {State.FAILED, State.RESERVED}:
            photo = _reserve_again(photo, file, location)
        known[file.sha256] = photo
        if photo.state == State.RESERVED:
            return _offer(photo)
        return Restored(photo) if was_in_trash else photo
    except UploadError as refusal:
        return refusal
    except Photo.DoesNotExist:  # cancelled meanwhile, from another tab
        return BadTicket()


def _reserve(owner_id: int, file: Announced, location: str) -> Photo:
    photo_id = new_ids(ids.bucket_for_owner(owner_id))[0]
    photo = Photo(
        id=photo_id,
        owner_id=owner_id,
        sha256=file.sha256,
        original_key=keys.original_key(photo_id, file.sha256),
        original_bytes=file.size,
        content_type=file.content_type,
        filename=filenames.display_name(file.name),
        visibility=file.visibility,
        location=location,
        part_sha256s=file.part_sha256s,
        state=State.RESERVED,
        state_at=timezone.now(),
        created_at=ids.time_of(photo_id),
    )
    try:
        with shard_atomic(owner_id=owner_id):
            quota.take(owner_id, photo_id, file.size)
            Photo.objects.of(owner_id).bulk_create([photo], ignore_conflicts=True)
            winner = Photo.objects.of(owner_id).get(sha256=file.sha256)
            if winner.pk != photo_id:  # another tab was first with the same bytes
                quota.give_back(owner_id, photo_id)
    except quota.Exceeded as error:
        raise QuotaExceeded from error
    return winner


def _from_trash(photo: Photo, file: Announced, location: str) -> Photo:
    """A photo that its owner sends again is wanted again; one that was deleted for good begins anew.

    Who may see it is what is said now: it may have been in the trash because others could see it.
    """
    if trash.is_due(photo):
        deletion.remove(photo)
        return _reserve(photo.owner_id, file, location)
    with shard_atomic(owner_id=photo.owner_id):  # at no moment is it back for others as it was
        trash.restore(photo.owner_id, [photo.pk])
        photo.refresh_from_db()
        visibility.change(photo, file.visibility)
    return photo


def _reserve_again(photo: Photo, file: Announced, location: str) -> Photo:
    """A photo that failed or was never finished is announced once more: what is said of it now is what counts."""
    said: dict[str, object] = {
        "filename": filenames.display_name(file.name),
        "content_type": file.content_type,
        "visibility": file.visibility,
        "location": location,
        "state_at": timezone.now(),
    }
    if file.visibility != photo.visibility:  # nothing may be left where the other level had it
        said |= {
            "shelf": relocation.random_shelf(file.visibility),
            "shown_shelf": relocation.shown_shelf(photo),
        }
    try:
        with shard_atomic(owner_id=photo.owner_id):
            failed = Photo.objects.locate(photo.pk).filter(state=State.FAILED)
            if failed.update(**said, state=State.RESERVED, failure="", failure_code=""):
                quota.take(photo.owner_id, photo.pk, photo.original_bytes)
            else:
                Photo.objects.locate(photo.pk).filter(state=State.RESERVED).update(**said)
    except quota.Exceeded as error:
        raise QuotaExceeded from error
    photo.refresh_from_db()
    return _with_parts(photo, file.part_sha256s)


def _with_parts(photo: Photo, part_sha256s: list[str]) -> Photo:
    """Note what the parts are announced to be; those that are stored as something else are begun again."""
    if photo.part_sha256s != part_sha256s:
        reserved = Photo.objects.locate(photo.pk).filter(
            state=State.RESERVED, multipart_id=photo.multipart_id
        )
        if reserved.update(part_sha256s=part_sha256s, multipart_id="") and photo.multipart_id:
            multipart.abort(photo)
        photo.refresh_from_db()
    return photo


def _offer(photo: Photo) -> Offer | PartsOffer:
    if photo.original_bytes > multipart.WHOLE_UP_TO_BYTES:
        return PartsOffer(photo.pid, multipart.plan(multipart.opened(photo)))
    url, headers = s3.presigned_put(
        photo.original_key, size=photo.original_bytes, content_type=photo.content_type, sha256=photo.sha256
    )
    return Offer(photo.pid, url, headers)


def _reserved(owner_id: int, ticket: str) -> Photo:
    try:
        photo_id = ids.decode(ticket)
    except ids.InvalidId as error:
        raise BadTicket from error
    photo: Photo | None = Photo.objects.locate(photo_id).filter(owner_id=owner_id).first()
    if photo is None:
        raise BadTicket
    return photo


def _verify(photo: Photo) -> None:
    checksum = photo.sha256
    try:
        if photo.multipart_id:
            multipart.complete(photo)
            checksum = multipart.checksum_of(photo.part_sha256s)
        stored = s3.ask(photo.original_key)
    except s3.NotStored as error:
        raise NotStored from error
    except s3.WrongParts as error:
        raise Mismatch from error
    if (stored.bytes, stored.sha256) != (photo.original_bytes, checksum):
        raise Mismatch


def _collect(photo: Photo) -> bool:
    with shard_atomic(owner_id=photo.owner_id):
        deleted, _ = Photo.objects.locate(photo.pk).filter(state=State.RESERVED).delete()
        if deleted:
            quota.give_back(photo.owner_id, photo.pk)
            forgotten = {"photo_id": photo.pk, "keys": [photo.original_key]}
            outbox.add(ids.bucket_of(photo.pk), FORGOTTEN, forgotten)
    if deleted:  # only now: the row that could still have been finished is gone
        if photo.multipart_id:
            multipart.abort(photo)
        s3.delete(photo.original_key)
        log.info("upload.forgotten", photo_id=photo.pk, bytes=photo.original_bytes)
    return bool(deleted)
