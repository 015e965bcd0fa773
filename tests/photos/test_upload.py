"""From an announcement to an accepted photo, against a real S3 server."""

import hashlib
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from ops.topology.site import Site
from photos import upload
from photos.models import Photo, State
from sharding import buckets, ids
from sharding.models import OutboxEvent
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


def announce(body: bytes, **changes: object) -> upload.Announced:
    fields: dict[str, Any] = {
        "name": "sea.jpg",
        "size": len(body),
        "content_type": "image/jpeg",
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return upload.Announced(**(fields | changes))


def offer_for(owner: User, body: bytes) -> upload.Offer:
    (outcome,) = upload.begin(owner.pk, [announce(body)])
    assert isinstance(outcome, upload.Offer)
    return outcome


def events_of(photo: Photo) -> list[dict[str, int]]:
    events = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk))
    return [event.payload for event in events.filter(topic=upload.RECEIVED)]


def test_an_upload_becomes_a_photo_on_its_owners_shard_with_its_event(s3: Site, alice: User) -> None:
    body = picture(seed=1)
    offer = offer_for(alice, body)
    assert put(offer.url, offer.headers, body) == 200
    photo, is_new = upload.finish(alice.pk, offer.ticket)
    assert is_new
    assert photo._state.db == buckets.shard_of(ids.bucket_for_owner(alice.pk))
    assert ids.bucket_of(photo.pk) == ids.bucket_for_owner(alice.pk)
    assert (photo.state, photo.filename, photo.original_bytes) == (State.RECEIVED, "sea.jpg", len(body))
    assert events_of(photo) == [{"photo_id": photo.pk}]


def test_finishing_twice_gives_the_same_photo_and_one_event(s3: Site, alice: User) -> None:
    body = picture(seed=2)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    first, _ = upload.finish(alice.pk, offer.ticket)
    again, is_new = upload.finish(alice.pk, offer.ticket)
    assert (again.pk, is_new) == (first.pk, False)
    assert len(events_of(first)) == 1


def test_the_same_bytes_announced_again_are_answered_with_the_photo(
    s3: Site, alice: User, carol: User
) -> None:
    body = picture(seed=3)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    photo, _ = upload.finish(alice.pk, offer.ticket)
    assert upload.begin(alice.pk, [announce(body)]) == [photo]
    assert isinstance(upload.begin(carol.pk, [announce(body)])[0], upload.Offer)


def test_two_offers_for_the_same_bytes_end_in_one_photo(s3: Site, alice: User) -> None:
    body = picture(seed=4)
    offers = [offer_for(alice, body), offer_for(alice, body)]
    for offer in offers:
        put(offer.url, offer.headers, body)
    photos = {upload.finish(alice.pk, offer.ticket)[0].pk for offer in offers}
    assert len(photos) == 1


def test_finishing_before_the_bytes_are_there_is_refused_and_can_be_repeated(s3: Site, alice: User) -> None:
    body = picture(seed=5)
    offer = offer_for(alice, body)
    with pytest.raises(upload.NotStored):
        upload.finish(alice.pk, offer.ticket)
    put(offer.url, offer.headers, body)
    assert upload.finish(alice.pk, offer.ticket)[1]


def test_a_presigned_address_takes_exactly_the_announced_bytes_once(s3: Site, alice: User) -> None:
    body = picture(seed=6)
    offer = offer_for(alice, body)
    other = bytes([body[0] ^ 1]) + body[1:]
    assert put(offer.url, offer.headers, other) == 400
    assert put(offer.url, offer.headers, body + b"!") == 403
    assert put(offer.url, offer.headers | {"Content-Type": "text/html"}, body) == 403
    assert put(offer.url.replace("/up/", "/pub/"), offer.headers, body) == 403
    assert put(offer.url, offer.headers, body) == 200
    assert put(offer.url, offer.headers, body) == 412


def test_a_ticket_is_its_owners_alone(s3: Site, alice: User, carol: User) -> None:
    offer = offer_for(alice, picture(seed=7))
    with pytest.raises(upload.BadTicket):
        upload.finish(carol.pk, offer.ticket)
    with pytest.raises(upload.BadTicket):
        upload.finish(alice.pk, offer.ticket[:-2] + "xx")


def test_a_failed_photo_may_be_sent_again(s3: Site, alice: User) -> None:
    body = picture(seed=8)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    photo, _ = upload.finish(alice.pk, offer.ticket)
    Photo.objects.locate(photo.pk).update(
        state=State.FAILED, failure="no", failure_code="unreadable", attempts=3
    )
    second = offer_for(alice, body)
    put(second.url, second.headers, body)
    again, is_new = upload.finish(alice.pk, second.ticket)
    assert (again.pk, is_new, again.state, again.failure, again.attempts) == (
        photo.pk,
        False,
        State.RECEIVED,
        "",
        0,
    )
    assert len(events_of(photo)) == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"size": 0}, upload.Empty),
        ({"size": 2_000_000_000}, upload.TooLarge),
        ({"content_type": "image/svg+xml"}, upload.UnsupportedType),
        ({"content_type": ""}, upload.UnsupportedType),
        ({"sha256": "abc"}, upload.Malformed),
        ({"visibility": "everyone"}, upload.Malformed),
    ],
)
def test_what_cannot_be_taken_is_refused_before_a_byte_is_sent(
    changes: dict[str, object], refusal: type[upload.UploadError], alice: User
) -> None:
    (outcome,) = upload.begin(alice.pk, [announce(b"x", **changes)])
    assert isinstance(outcome, refusal)
    assert outcome.sentence


def test_outcomes_keep_the_order_of_the_files(settings: Settings, alice: User) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    outcomes = upload.begin(alice.pk, [announce(b"a"), announce(b"b" * 11), announce(b"c")])
    assert [type(outcome) for outcome in outcomes] == [upload.Offer, upload.TooLarge, upload.Offer]
    assert "one photo may have 0 MB" in str(outcomes[1])
