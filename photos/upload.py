"""Uploading: reserve, let the browser put the bytes straight to S3, verify, accept.

Bytes never pass a web pod. `begin` answers with a presigned address that takes exactly the announced bytes, and a
ticket; `finish` checks what was stored and writes the photo together with the event that gets it rendered, in one
transaction on the owner's shard. Both can be repeated without harm: the same bytes of one owner are one photo.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing
from django.db import IntegrityError
from django.utils import timezone

from photos import filenames, storage
from photos.formats import CONTENT_TYPES
from photos.models import Photo, State, Visibility
from photos.querysets import PhotoQuerySet
from sharding import causal, ids, outbox
from sharding.allocation import new_ids
from sharding.transactions import shard_atomic

RECEIVED = "photo.received"
TICKET_SALT = "photos.upload"
TICKET_MAX_AGE_SECONDS = 24 * 3600
ACCEPTED_TYPES = frozenset(CONTENT_TYPES.values()) | {"image/heif"}

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class UploadError(Exception):
    """A refusal: a code for the page's script and a sentence for its reader."""

    code = "refused"
    sentence = "This file cannot be uploaded."

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class TooLarge(UploadError):
    """More bytes than one photo may have."""

    code = "too_large"


class Empty(UploadError):
    """No bytes at all."""

    code = "empty"
    sentence = "This file is empty. It may not have been copied completely: please choose it again."


class UnsupportedType(UploadError):
    """Declared as something that is no photo format of ours."""

    code = "unsupported_format"
    sentence = (
        "This is not a photo format that we take. Please choose a JPEG, PNG, WebP, GIF, AVIF, TIFF or HEIC."
    )


class Malformed(UploadError):
    """The announcement itself makes no sense."""

    code = "malformed"
    sentence = "The upload was announced incompletely. Please reload the page and try again."


class BadTicket(UploadError):
    """Tampered with, too old, or somebody else's."""

    code = "bad_ticket"
    sentence = "This upload has expired. Please choose the photo again."


class NotStored(UploadError):
    """The bytes are not in the store (yet)."""

    code = "not_stored"
    sentence = "The photo has not arrived yet. It is being sent again."


class Mismatch(UploadError):
    """What is stored is not what was announced."""

    code = "mismatch"
    sentence = "What arrived is not the photo that was announced. Please upload it again."


@dataclass(frozen=True)
class Announced:
    """A file as the browser describes it; `sha256` in hex, `size` in bytes."""

    name: str
    size: int
    content_type: str
    sha256: str
    visibility: str = Visibility.PUBLIC

    def check(self) -> None:
        """Raise the UploadError that tells why this file is not taken."""
        if self.size <= 0:
            raise Empty
        if self.size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            raise TooLarge(f"This file has {self.size / 1024 / 1024:.0f} MB; one photo may have {limit} MB.")
        if self.content_type not in ACCEPTED_TYPES:
            raise UnsupportedType
        if not _SHA256.match(self.sha256) or self.visibility not in Visibility.values:
            raise Malformed


@dataclass(frozen=True)
class Ticket:
    """What `begin` promised, signed, so that `finish` needs no memory of it."""

    owner_id: int
    photo_id: int
    file: Announced

    @property
    def key(self) -> str:
        """Return where the original is put."""
        return storage.original_key(self.photo_id, self.file.sha256)

    def sealed(self) -> str:
        """Return the ticket as a signed string."""
        payload = {"o": self.owner_id, "i": self.photo_id, **asdict(self.file)}
        return signing.dumps(payload, salt=TICKET_SALT, compress=True)

    @classmethod
    def opened(cls, text: str) -> "Ticket":
        """Return the ticket that was sealed. Raises BadTicket."""
        try:
            payload = signing.loads(text, salt=TICKET_SALT, max_age=TICKET_MAX_AGE_SECONDS)
        except signing.BadSignature as error:
            raise BadTicket from error
        return cls(payload.pop("o"), payload.pop("i"), Announced(**payload))


@dataclass(frozen=True)
class Offer:
    """Where and how to put one file."""

    ticket: str
    url: str
    headers: dict[str, str]


Outcome = Offer | Photo | UploadError


def begin(owner_id: int, files: Sequence[Announced]) -> list[Outcome]:
    """Answer each announced file, in order, with an Offer, the Photo it already is, or an UploadError."""
    outcomes: list[Outcome | None] = [_refusal(file) for file in files]
    open_places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    already = _already_here(owner_id, {files[place].sha256 for place in open_places})
    fresh = [place for place in open_places if files[place].sha256 not in already]
    photo_ids = new_ids(ids.bucket_for_owner(owner_id), len(fresh)) if fresh else []
    for place in open_places:
        outcomes[place] = already.get(files[place].sha256)
    for place, photo_id in zip(fresh, photo_ids, strict=True):
        outcomes[place] = _offer(Ticket(owner_id, photo_id, files[place]))
    return [outcome for outcome in outcomes if outcome is not None]


def finish(owner_id: int, sealed: str) -> tuple[Photo, bool]:
    """Accept an upload; return (photo, whether it is new).

    Raises BadTicket, NotStored (put the bytes again), Mismatch, or storage.StorageUnavailable (ask again later).
    """
    ticket = Ticket.opened(sealed)
    if ticket.owner_id != owner_id:
        raise BadTicket
    with causal.pin():
        found = _of(owner_id).filter(sha256=ticket.file.sha256).first()
        if found is not None and found.state != State.FAILED:
            return found, False
        _verify(ticket)
        try:
            with shard_atomic(owner_id=owner_id):
                photo = _accept(ticket) if found is None else _accept_again(found, ticket)
                outbox.add(ids.bucket_of(photo.pk), RECEIVED, {"photo_id": photo.pk})
        except IntegrityError:  # the same bytes were finished in another tab between our look and our insert
            return _of(owner_id).get(sha256=ticket.file.sha256), False
    return photo, found is None


def _refusal(file: Announced) -> UploadError | None:
    try:
        file.check()
    except UploadError as error:
        return error
    return None


def _of(owner_id: int) -> PhotoQuerySet:
    return Photo.objects.of(owner_id)


def _already_here(owner_id: int, digests: set[str]) -> dict[str, Photo]:
    if not digests:
        return {}
    photos = _of(owner_id).filter(sha256__in=digests).exclude(state=State.FAILED)
    return {photo.sha256: photo for photo in photos}


def _offer(ticket: Ticket) -> Offer:
    file = ticket.file
    url, headers = storage.presigned_put(
        ticket.key, size=file.size, content_type=file.content_type, sha256=file.sha256
    )
    return Offer(ticket.sealed(), url, headers)


def _verify(ticket: Ticket) -> None:
    try:
        stored = storage.stat(ticket.key)
    except storage.NotStored as error:
        raise NotStored from error
    if (stored.bytes, stored.sha256 or ticket.file.sha256) != (ticket.file.size, ticket.file.sha256):
        raise Mismatch


def _accept(ticket: Ticket) -> Photo:
    file = ticket.file
    photo = Photo(
        id=ticket.photo_id,
        owner_id=ticket.owner_id,
        sha256=file.sha256,
        original_key=ticket.key,
        original_bytes=file.size,
        content_type=file.content_type,
        filename=filenames.display_name(file.name),
        visibility=file.visibility,
        state_at=timezone.now(),
        created_at=ids.time_of(ticket.photo_id),
    )
    photo.save(force_insert=True)
    return photo


def _accept_again(photo: Photo, ticket: Ticket) -> Photo:
    """A photo that failed is sent once more: it starts over with the newly stored original."""
    photo.original_key = ticket.key
    photo.state, photo.state_at, photo.attempts = State.RECEIVED, timezone.now(), 0
    photo.failure = photo.failure_code = ""
    photo.save(update_fields=["original_key", "state", "state_at", "attempts", "failure", "failure_code"])
    return photo
