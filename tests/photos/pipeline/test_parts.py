"""Large uploads in parts, against a real S3 server."""

import hashlib

import pytest

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import s3 as store
from photos.models import Photo, State
from photos.pipeline import multipart, refusals, upload
from sharding.rows import ids
from tests.objects import put
from tests.photos.pipeline.uploading import (
    begin_large,
    manifest_of,
    manifest_of_large,
    photo_of,
    send_part,
)

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_large_file_goes_up_in_parts_and_goes_on_where_it_stopped(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    assert (len(offer.plan.addresses), offer.plan.done) == (3, [])
    assert send_part(offer.plan, body, 2) == 200
    with pytest.raises(refusals.NotStored):
        upload.finish(alice.pk, offer.ticket)

    (again,) = upload.begin(alice.pk, [manifest_of_large(body)])
    assert isinstance(again, upload.PartsOffer)
    assert (again.ticket, again.plan.done) == (offer.ticket, [2])
    assert send_part(again.plan, body, 1) == 200
    renewed = upload.renew_parts(alice.pk, offer.ticket)
    assert renewed.done == [1, 2]
    assert send_part(renewed, body, 3) == 200

    photo, is_new = upload.finish(alice.pk, offer.ticket)
    assert (is_new, photo.state) == (True, State.RECEIVED)
    assert hashlib.sha256(store.read(photo.original_key)).hexdigest() == photo.sha256


def test_the_url_of_a_part_accepts_its_length_only(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    url, headers = offer.plan.addresses[0]
    assert put(url, headers, body[:100]) == 403


def test_the_url_of_a_part_accepts_its_bytes_only(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    url, headers = offer.plan.addresses[0]
    other = bytes([body[0] ^ 1]) + body[1 : multipart.PART_BYTES]
    assert put(url, headers, other) == 400, "the store checks the SHA-256"
    assert put(url, {}, other) == 403, "which cannot be left out"
    assert send_part(offer.plan, body, 1) == 200


def test_a_large_file_is_accepted_with_the_checksum_of_its_parts_only(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    for number in (1, 2, 3):
        send_part(offer.plan, body, number)
    row = Photo.objects.locate(ids.decode(offer.ticket))
    declared = row.get().part_sha256s
    row.update(part_sha256s=[declared[0], declared[2], declared[1]])
    with pytest.raises(refusals.Mismatch):
        upload.finish(alice.pk, offer.ticket)
    assert row.get().state == State.RESERVED
    row.update(part_sha256s=declared)
    photo, _ = upload.finish(alice.pk, offer.ticket)
    assert store.stat(photo.original_key).sha256 == multipart.combined_checksum(declared)


def test_a_large_file_stored_with_other_bytes_is_not_accepted(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    photo = photo_of(offer)
    other = body[::-1]
    store.write(
        photo.original_key, other, content_type="image/jpeg", sha256=hashlib.sha256(other).hexdigest()
    )
    with pytest.raises(refusals.Mismatch):
        upload.finish(alice.pk, offer.ticket)


def test_other_checksums_of_the_parts_restart_the_upload(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    send_part(offer.plan, body, 1)
    before = photo_of(offer)
    others = [hashlib.sha256(bytes([n])).hexdigest() for n in range(3)]
    (again,) = upload.begin(alice.pk, [manifest_of_large(body, part_sha256s=others)])
    assert isinstance(again, upload.PartsOffer)
    assert (again.ticket, again.plan.done) == (offer.ticket, [])
    assert not store.is_multipart_open(before.original_key, before.multipart_id)


@pytest.mark.parametrize("pieces", [[], ["ab" * 32], ["ab" * 32] * 4, ["ab" * 32, "ab" * 32, "no digest"]])
def test_a_large_file_needs_the_checksums_of_all_its_parts(
    pieces: list[str], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "WHOLE_UP_TO_BYTES", 1_000_000)
    monkeypatch.setattr(multipart, "PART_BYTES", 5 * 1024 * 1024)
    (outcome,) = upload.begin(alice.pk, [manifest_of(b"x", size=11_000_000, part_sha256s=pieces)])
    assert isinstance(outcome, upload.Refusal)
    assert outcome.code == refusals.Malformed.code
