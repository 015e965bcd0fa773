"""Uploads from the browser's request to the accepted photo, against a real S3 server."""

import pytest
from pytest_django import Settings

from accounts.models import User
from ops.topology.site.site import Site
from photos.library import quota
from photos.models import Photo, State
from photos.pipeline import refusals, upload
from photos.pipeline.refusals import UploadError
from sharding.models import OutboxEvent
from sharding.rows import buckets, ids
from tests.objects import picture, put
from tests.photos.pipeline.uploading import manifest_of, offer_for, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


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
    assert "a photo can have up to 0 MB" in second.sentence


def test_quota_is_reserved_at_the_request_and_never_exceeded(settings: Settings, alice: User) -> None:
    settings.QUOTA_BYTES = 25
    outcomes = upload.begin(alice.pk, [manifest_of(bytes([n]) * 10) for n in range(3)])
    assert [type(outcome) for outcome in outcomes[:2]] == [upload.Offer, upload.Offer]
    assert outcomes[2] == upload.Refusal(refusals.QuotaExceeded.code, refusals.QuotaExceeded.sentence)
    assert quota.used_bytes(alice.pk) == 20
    assert Photo.objects.of(alice.pk).count() == 2
