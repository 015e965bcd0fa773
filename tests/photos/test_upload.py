"""From an announcement to an accepted photo, against a real S3 server."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from ops.topology.site import Site
from photos import announcement, parts, quota, storage, upload
from photos.announcement import Announced, UploadError
from photos.models import Photo, State
from sharding import buckets, ids
from sharding.models import OutboxEvent
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


def announce(body: bytes, **changes: object) -> Announced:
    fields: dict[str, Any] = {
        "name": "sea.jpg",
        "size": len(body),
        "content_type": "image/jpeg",
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return Announced(**(fields | changes))


def offer_for(owner: User, body: bytes) -> upload.Offer:
    (outcome,) = upload.begin(owner.pk, [announce(body)])
    assert isinstance(outcome, upload.Offer)
    return outcome


def uploaded(owner: User, body: bytes) -> Photo:
    offer = offer_for(owner, body)
    assert put(offer.url, offer.headers, body) == 200
    return upload.finish(owner.pk, offer.ticket)[0]


def events_of(photo: Photo) -> list[dict[str, int]]:
    events = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk))
    return [event.payload for event in events.filter(topic=upload.RECEIVED)]


def test_an_upload_becomes_a_photo_on_its_owners_shard_with_its_event(s3: Site, alice: User) -> None:
    body = picture(seed=1)
    photo = uploaded(alice, body)
    assert photo._state.db == buckets.shard_of(ids.bucket_for_owner(alice.pk))
    assert ids.bucket_of(photo.pk) == ids.bucket_for_owner(alice.pk)
    assert (photo.state, photo.filename, photo.original_bytes) == (State.RECEIVED, "sea.jpg", len(body))
    assert events_of(photo) == [{"photo_id": photo.pk}]


def test_finishing_twice_gives_the_same_photo_and_one_event(s3: Site, alice: User) -> None:
    first = uploaded(alice, picture(seed=2))
    again, is_new = upload.finish(alice.pk, first.pid)
    assert (again.pk, is_new) == (first.pk, False)
    assert len(events_of(first)) == 1


def test_the_same_bytes_announced_again_are_answered_with_the_photo(
    s3: Site, alice: User, carol: User
) -> None:
    body = picture(seed=3)
    photo = uploaded(alice, body)
    assert upload.begin(alice.pk, [announce(body)]) == [photo]
    assert isinstance(upload.begin(carol.pk, [announce(body)])[0], upload.Offer)


def test_an_upload_that_was_cut_off_goes_on_under_the_same_ticket(s3: Site, alice: User) -> None:
    body = picture(seed=4)
    first, second = offer_for(alice, body), offer_for(alice, body)
    assert first.ticket == second.ticket
    assert put(first.url, first.headers, body) == 200
    assert put(second.url, second.headers, body) == 412, "it is there already"
    assert upload.finish(alice.pk, second.ticket)[1]
    assert quota.used_bytes(alice.pk) == len(body), "room is taken once"


def test_two_files_with_the_same_bytes_in_one_call_are_one_photo(s3: Site, alice: User) -> None:
    body = picture(seed=5)
    first, second = upload.begin(alice.pk, [announce(body), announce(body, name="copy.jpg")])
    assert isinstance(first, upload.Offer)
    assert isinstance(second, upload.Offer)
    assert first.ticket == second.ticket


def test_finishing_before_the_bytes_are_there_is_refused_and_can_be_repeated(s3: Site, alice: User) -> None:
    body = picture(seed=6)
    offer = offer_for(alice, body)
    with pytest.raises(upload.NotStored):
        upload.finish(alice.pk, offer.ticket)
    put(offer.url, offer.headers, body)
    assert upload.finish(alice.pk, offer.ticket)[1]


def test_a_presigned_address_takes_exactly_the_announced_bytes_once(s3: Site, alice: User) -> None:
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
def test_a_ticket_that_is_none_is_refused(ticket: str, alice: User) -> None:
    with pytest.raises(upload.BadTicket):
        upload.finish(alice.pk, ticket)


def test_a_ticket_is_its_owners_alone(s3: Site, alice: User, carol: User) -> None:
    body = picture(seed=8)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    with pytest.raises(upload.BadTicket):
        upload.finish(carol.pk, offer.ticket)


def test_a_failed_photo_may_be_sent_again(s3: Site, alice: User) -> None:
    body = picture(seed=9)
    photo = uploaded(alice, body)
    Photo.objects.locate(photo.pk).update(state=State.FAILED, failure="no", failure_code="unreadable")
    offer = offer_for(alice, body)
    assert offer.ticket == photo.pid
    assert put(offer.url, offer.headers, body) == 412
    again, is_new = upload.finish(alice.pk, offer.ticket)
    assert (again.pk, is_new, again.state, again.failure) == (photo.pk, True, State.RECEIVED, "")
    assert len(events_of(photo)) == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"size": 0}, announcement.Empty),
        ({"size": 2_000_000_000}, announcement.TooLarge),
        ({"content_type": "image/svg+xml"}, announcement.UnsupportedType),
        ({"content_type": ""}, announcement.UnsupportedType),
        ({"sha256": "abc"}, announcement.Malformed),
        ({"visibility": "everyone"}, announcement.Malformed),
    ],
)
def test_what_cannot_be_taken_is_refused_before_a_byte_is_sent(
    changes: dict[str, object], refusal: type[UploadError], alice: User
) -> None:
    (outcome,) = upload.begin(alice.pk, [announce(b"x", **changes)])
    assert isinstance(outcome, refusal)
    assert outcome.sentence
    assert quota.used_bytes(alice.pk) == 0


def test_outcomes_keep_the_order_of_the_files(settings: Settings, alice: User) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    outcomes = upload.begin(alice.pk, [announce(b"a"), announce(b"b" * 11), announce(b"c")])
    assert [type(outcome) for outcome in outcomes] == [upload.Offer, announcement.TooLarge, upload.Offer]
    assert "one photo may have 0 MB" in str(outcomes[1])


def test_room_is_taken_when_a_file_is_announced_and_no_more_than_there_is(
    settings: Settings, alice: User
) -> None:
    settings.QUOTA_BYTES = 25
    outcomes = upload.begin(alice.pk, [announce(bytes([n]) * 10) for n in range(3)])
    assert [type(outcome) for outcome in outcomes] == [upload.Offer, upload.Offer, upload.QuotaExceeded]
    assert quota.used_bytes(alice.pk) == 20
    assert Photo.objects.of(alice.pk).count() == 2


def test_an_upload_that_nobody_finishes_is_forgotten_after_a_day(s3: Site, alice: User) -> None:
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
    with pytest.raises(storage.NotStored):
        storage.stat(photo.original_key)


def large(owner: User, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, upload.PartsOffer]:
    """Announce a file that goes up in parts of 5 MiB, the store's smallest."""
    monkeypatch.setattr(parts, "WHOLE_UP_TO_BYTES", 1_000_000)
    monkeypatch.setattr(parts, "PART_BYTES", 5 * 1024 * 1024)
    body = bytes(range(256)) * (11 * 4096)
    (offer,) = upload.begin(owner.pk, [announce(body)])
    assert isinstance(offer, upload.PartsOffer)
    return body, offer


def send_part(plan: parts.Plan, body: bytes, number: int) -> int:
    start = (number - 1) * plan.part_bytes
    return put(plan.urls[number - 1], {}, body[start : start + plan.part_bytes])


def test_a_large_file_goes_up_in_parts_and_goes_on_where_it_stopped(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = large(alice, monkeypatch)
    assert (len(offer.plan.urls), offer.plan.done) == (3, [])
    assert send_part(offer.plan, body, 2) == 200
    with pytest.raises(upload.NotStored):
        upload.finish(alice.pk, offer.ticket)

    (again,) = upload.begin(alice.pk, [announce(body)])
    assert isinstance(again, upload.PartsOffer)
    assert (again.ticket, again.plan.done) == (offer.ticket, [2])
    assert send_part(again.plan, body, 1) == 200
    renewed = upload.renew_parts(alice.pk, offer.ticket)
    assert renewed.done == [1, 2]
    assert send_part(renewed, body, 3) == 200

    photo, is_new = upload.finish(alice.pk, offer.ticket)
    assert (is_new, photo.state) == (True, State.RECEIVED)
    assert hashlib.sha256(storage.read(photo.original_key)).hexdigest() == photo.sha256


def test_a_part_takes_its_own_length_only(s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    body, offer = large(alice, monkeypatch)
    assert put(offer.plan.urls[0], {}, body[:100]) == 403


def test_an_abandoned_large_upload_leaves_no_parts(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = large(alice, monkeypatch)
    send_part(offer.plan, body, 1)
    photo = Photo.objects.locate(ids.decode(offer.ticket)).get()
    Photo.objects.locate(photo.pk).update(state_at=timezone.now() - timedelta(days=2))
    assert upload.collect_abandoned(str(photo._state.db)) == 1
    assert storage.stored_parts(photo.original_key, photo.multipart_id) == {}
    assert not storage.is_multipart_open(photo.original_key, photo.multipart_id)
