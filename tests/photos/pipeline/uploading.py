"""What the browser does in an upload: announce a file, send it whole or in parts, finish."""

import hashlib
from typing import Any

import pytest

from accounts.models import User
from photos.models import Photo
from photos.pipeline import multipart, upload
from photos.pipeline.upload_request import FileManifest
from sharding.rows import ids
from tests.objects import put


def manifest_of(body: bytes, **changes: object) -> FileManifest:
    """Return what a browser declares about a file of these bytes."""
    fields: dict[str, Any] = {
        "name": "sea.jpg",
        "size": len(body),
        "content_type": "image/jpeg",
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return FileManifest(**(fields | changes))


def offer_for(owner: User, body: bytes) -> upload.Offer:
    """Announce a file of these bytes; return the offer to upload it."""
    (outcome,) = upload.begin(owner.pk, [manifest_of(body)])
    assert isinstance(outcome, upload.Offer)
    return outcome


def photo_of(offer: upload.Offer | upload.PartsOffer) -> Photo:
    """Return the row of an upload that was offered."""
    return Photo.objects.locate(ids.decode(offer.ticket)).get()


def upload_photo(owner: User, body: bytes) -> Photo:
    """Upload these bytes as the browser does; return the accepted photo."""
    offer = offer_for(owner, body)
    assert put(offer.url, offer.headers, body) == 200
    return upload.finish(owner.pk, offer.ticket)[0]


def begin_large(owner: User, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, upload.PartsOffer]:
    """Begin an upload in parts of 5 MiB, the smallest that the store accepts; return the bytes and the offer."""
    monkeypatch.setattr(multipart, "WHOLE_UP_TO_BYTES", 1_000_000)
    monkeypatch.setattr(multipart, "PART_BYTES", 5 * 1024 * 1024)
    body = bytes(range(256)) * (11 * 4096)
    (offer,) = upload.begin(owner.pk, [manifest_of_large(body)])
    assert isinstance(offer, upload.PartsOffer)
    return body, offer


def manifest_of_large(body: bytes, **changes: object) -> FileManifest:
    """Return what a browser declares about a file of these bytes that is sent in parts."""
    pieces = [
        body[start : start + multipart.PART_BYTES] for start in range(0, len(body), multipart.PART_BYTES)
    ]
    return manifest_of(
        body, **({"part_sha256s": [hashlib.sha256(each).hexdigest() for each in pieces]} | changes)
    )


def send_part(plan: multipart.Plan, body: bytes, number: int) -> int:
    """PUT the part with this number (from 1); return the HTTP status."""
    start = (number - 1) * plan.part_bytes
    return put(*plan.addresses[number - 1], body[start : start + plan.part_bytes])
