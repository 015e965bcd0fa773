"""Uploads from the browser's request to the accepted photo, against a real S3 server."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import edge
from photos.files import s3 as store
from photos.jobs import outbox_handlers, schedule, tasks
from photos.library import deletion, quota
from photos.models import Photo, State
from photos.pipeline import multipart, refusals, upload
from photos.pipeline.refusals import UploadError
from photos.pipeline.upload_request import FileManifest
from sharding.models import OutboxEvent
from sharding.rows import buckets, ids
from tests.cast import make_photo
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


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
    (outcome,) = upload.begin(owner.pk, [manifest_of(body)])
    assert isinstance(outcome, upload.Offer)
    return outcome


def upload_photo(owner: User, body: bytes) -> Photo:
    offer = offer_for(owner, body)
    assert put(offer.url, offer.headers, body) == 200
    return upload.finish(owner.pk, offer.ticket)[0]


def events_of(photo: Photo) -> list[dict[str, int]]:
    events = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk))
    return [event.payload for event in events.filter(topic=upload.RECEIVED)]


def test_an_upload_becomes_a_photo_on_its_owners_shard_with_its_event(s3: Site, alice: User) -> None:
    body = picture(seed=1)
    photo = upload_photo(alice, body)
    assert photo._state.db == buckets.shard_of(ids.bucket_for_owner(alice.pk))
    assert ids.bucket_of(photo.pk) == ids.bucket_for_owner(alice.pk)
    assert (photo.state, photo.filename, photo.original_bytes) == (State.RECEIVED, "sea.jpg", len(body))
    assert events_of(photo) == [{"photo_id": photo.pk}]


def test_finishing_twice_gives_the_same_photo_and_one_event(s3: Site, alice: User) -> None:
    first = upload_photo(alice, picture(seed=2))
    again, is_new = upload.finish(alice.pk, first.pid)
    assert (again.pk, is_new) == (first.pk, False)
    assert len(events_of(first)) == 1


def test_the_same_bytes_requested_again_are_answered_with_the_photo(
    s3: Site, alice: User, carol: User
) -> None:
    body = picture(seed=3)
    photo = upload_photo(alice, body)
    assert upload.begin(alice.pk, [manifest_of(body)]) == [upload.Duplicate(photo, is_restored=False)]
    assert isinstance(upload.begin(carol.pk, [manifest_of(body)])[0], upload.Offer)


def test_an_upload_that_was_cut_off_goes_on_under_the_same_ticket(s3: Site, alice: User) -> None:
    body = picture(seed=4)
    first, second = offer_for(alice, body), offer_for(alice, body)
    assert first.ticket == second.ticket
    assert put(first.url, first.headers, body) == 200
    assert put(second.url, second.headers, body) == 412, "the object is stored already"
    assert upload.finish(alice.pk, second.ticket)[1]
    assert quota.used_bytes(alice.pk) == len(body), "quota is taken once"


def test_two_files_with_the_same_bytes_in_one_call_are_one_photo(s3: Site, alice: User) -> None:
    body = picture(seed=5)
    first, second = upload.begin(alice.pk, [manifest_of(body), manifest_of(body, name="copy.jpg")])
    assert isinstance(first, upload.Offer)
    assert isinstance(second, upload.Offer)
    assert first.ticket == second.ticket


def test_finishing_before_the_bytes_are_there_is_refused_and_can_be_repeated(s3: Site, alice: User) -> None:
    body = picture(seed=6)
    offer = offer_for(alice, body)
    with pytest.raises(refusals.NotStored):
        upload.finish(alice.pk, offer.ticket)
    put(offer.url, offer.headers, body)
    assert upload.finish(alice.pk, offer.ticket)[1]


def test_a_presigned_url_accepts_exactly_the_declared_bytes_once(s3: Site, alice: User) -> None:
    body = picture(seed=7)
    offer = offer_for(alice, body)
    other = bytes([body[0] ^ 1]) + body[1:]
    assert put(offer.url, offer.headers, other) == 400
    assert put(offer.url, offer.headers, body + b"!") == 403
    assert put(offer.url, offer.headers | {"Content-Type": "text/html"}, body) == 403
    assert put(offer.url.replace("/up/", "/pub/"), offer.headers, body) == 403
    assert put(offer.url, offer.headers, body) == 200
    assert put(offer.url, offer.headers, body) == 412


@pytest.mark.parametrize("ticket", ["", "x", "!!!", "zzzzzzzzzzzzzzzz"])
def test_an_unknown_ticket_is_refused(ticket: str, alice: User) -> None:
    with pytest.raises(refusals.BadTicket):
        upload.finish(alice.pk, ticket)


def test_a_ticket_works_for_its_owner_only(s3: Site, alice: User, carol: User) -> None:
    body = picture(seed=8)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    with pytest.raises(refusals.BadTicket):
        upload.finish(carol.pk, offer.ticket)


def test_a_failed_photo_may_be_sent_again(s3: Site, alice: User) -> None:
    body = picture(seed=9)
    photo = upload_photo(alice, body)
    Photo.objects.locate(photo.pk).update(state=State.FAILED, failure="no", failure_code="unreadable")
    offer = offer_for(alice, body)
    assert offer.ticket == photo.pid
    assert put(offer.url, offer.headers, body) == 412
    again, is_new = upload.finish(alice.pk, offer.ticket)
    assert (again.pk, is_new, again.state, again.failure) == (photo.pk, True, State.RECEIVED, "")
    assert len(events_of(photo)) == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"size": 0}, refusals.Empty),
        ({"size": 2_000_000_000}, refusals.TooLarge),
        ({"content_type": "image/svg+xml"}, refusals.UnsupportedType),
        ({"content_type": ""}, refusals.UnsupportedType),
        ({"sha256": "abc"}, refusals.Malformed),
        ({"visibility": "everyone"}, refusals.Malformed),
    ],
)
def test_an_unacceptable_file_is_refused_before_a_byte_is_sent(
    changes: dict[str, object], error: type[UploadError], alice: User
) -> None:
    (outcome,) = upload.begin(alice.pk, [manifest_of(b"x", **changes)])
    assert isinstance(outcome, upload.Refusal)
    assert outcome.code == error.code
    assert outcome.sentence
    assert quota.used_bytes(alice.pk) == 0


def test_outcomes_keep_the_order_of_the_files(settings: Settings, alice: User) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    outcomes = upload.begin(alice.pk, [manifest_of(b"a"), manifest_of(b"b" * 11), manifest_of(b"c")])
    first, second, third = outcomes
    assert isinstance(first, upload.Offer)
    assert isinstance(third, upload.Offer)
    assert isinstance(second, upload.Refusal)
    assert second.code == refusals.TooLarge.code
    assert "one photo may have 0 MB" in second.sentence


def test_quota_is_reserved_at_the_request_and_never_exceeded(settings: Settings, alice: User) -> None:
    settings.QUOTA_BYTES = 25
    outcomes = upload.begin(alice.pk, [manifest_of(bytes([n]) * 10) for n in range(3)])
    assert [type(outcome) for outcome in outcomes[:2]] == [upload.Offer, upload.Offer]
    assert outcomes[2] == upload.Refusal(refusals.QuotaExceeded.code, refusals.QuotaExceeded.sentence)
    assert quota.used_bytes(alice.pk) == 20
    assert Photo.objects.of(alice.pk).count() == 2


def test_abandoned_uploads_are_deleted_in_batches_while_there_is_time(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = timezone.now() - upload.ABANDONED_AFTER - timedelta(seconds=1)
    abandoned = [make_photo(alice, state=State.RESERVED, state_at=late) for _ in range(5)]
    monkeypatch.setattr(schedule, "COLLECTED_AT_ONCE", 2)
    monkeypatch.setattr(store, "delete", lambda key: None)
    alias = str(abandoned[0]._state.db)
    monkeypatch.setattr(schedule, "COLLECT_SECONDS", 0)
    assert schedule.collect_abandoned(alias) == 0
    monkeypatch.setattr(schedule, "COLLECT_SECONDS", 5)
    assert schedule.collect_abandoned(alias) == 5


def test_an_unfinished_upload_is_deleted_after_a_day(s3: Site, alice: User) -> None:
    body, late = picture(seed=10), timezone.now() - upload.ABANDONED_AFTER - timedelta(seconds=1)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    alias = str(photo._state.db)
    assert upload.collect_abandoned(alias) == 0
    Photo.objects.locate(photo.pk).update(state_at=late)
    assert upload.collect_abandoned(alias) == 1
    assert not Photo.objects.of(alice.pk).exists()
    assert quota.used_bytes(alice.pk) == 0
    with pytest.raises(store.NotStored):
        store.stat(photo.original_key)


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
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
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
    before = Photo.objects.locate(ids.decode(offer.ticket)).get()
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


def test_a_cancelled_upload_frees_its_quota_and_leaves_no_bytes(s3: Site, alice: User) -> None:
    body = picture(seed=11)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    assert upload.cancel(alice.pk, offer.ticket)
    assert quota.used_bytes(alice.pk) == 0
    assert not Photo.objects.of(alice.pk).exists()
    with pytest.raises(store.NotStored):
        store.stat(photo.original_key)
    with pytest.raises(refusals.BadTicket):
        upload.finish(alice.pk, offer.ticket)
    again = upload_photo(alice, body)
    assert (again.state, quota.used_bytes(alice.pk)) == (State.RECEIVED, len(body))


def test_bytes_that_arrive_after_a_cancellation_are_deleted_later(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = picture(seed=12)
    offer = offer_for(alice, body)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    upload.cancel(alice.pk, offer.ticket)
    assert put(offer.url, offer.headers, body) == 200, "the PUT was under way already"
    (event,) = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).filter(topic=upload.FORGOTTEN)
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.discard, "send_with_options", lambda **options: sent.append(options))
    outbox_handlers.discard_late_bytes(event.pk, event.payload)
    (options,) = sent
    assert options["delay"] > settings.UPLOAD_URL_TTL_SECONDS * 1000, "the presigned URL has expired by then"
    monkeypatch.setattr(edge, "purge", lambda keys: None)
    deletion.delete_files(*options["args"])
    with pytest.raises(store.NotStored):
        store.stat(photo.original_key)


def test_a_cancelled_large_upload_leaves_no_parts(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    send_part(offer.plan, body, 1)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    assert upload.cancel(alice.pk, offer.ticket)
    assert not store.is_multipart_open(photo.original_key, photo.multipart_id)
    assert quota.used_bytes(alice.pk) == 0


def test_only_its_owner_cancels_an_upload_and_only_before_it_is_accepted(
    s3: Site, alice: User, carol: User
) -> None:
    offer = offer_for(alice, picture(seed=13))
    with pytest.raises(refusals.BadTicket):
        upload.cancel(carol.pk, offer.ticket)
    photo = upload_photo(alice, picture(seed=13))
    assert not upload.cancel(alice.pk, photo.pid)
    assert store.stat(photo.original_key).bytes == photo.original_bytes
    assert quota.used_bytes(alice.pk) == photo.original_bytes


def test_an_upload_cancelled_while_it_is_finished_is_not_accepted(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = picture(seed=14)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    verify = upload._verify

    def verify_and_be_cancelled(photo: Photo) -> None:
        verify(photo)
        upload.cancel(alice.pk, offer.ticket)

    monkeypatch.setattr(upload, "_verify", verify_and_be_cancelled)
    with pytest.raises(refusals.BadTicket):
        upload.finish(alice.pk, offer.ticket)
    assert quota.used_bytes(alice.pk) == 0


def test_an_abandoned_large_upload_leaves_no_parts(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    send_part(offer.plan, body, 1)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    Photo.objects.locate(photo.pk).update(state_at=timezone.now() - timedelta(days=2))
    assert upload.collect_abandoned(str(photo._state.db)) == 1
    assert store.stored_parts(photo.original_key, photo.multipart_id) == {}
    assert not store.is_multipart_open(photo.original_key, photo.multipart_id)
