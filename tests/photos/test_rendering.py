"""The pipeline: any number of deliveries end in one set of verified renditions."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from ops.topology.site import Site
from photos import delivery, rendering, schedule, storage
from photos.models import Photo, Rendition, State
from photos.renditions import Spec
from sharding import ids
from tests.cast import make_photo
from tests.objects import picture, put

pytestmark = pytest.mark.django_db(databases="__all__")


def received(owner: User, body: bytes, **fields: object) -> Photo:
    """Store an original and return its photo, waiting to be rendered."""
    digest = hashlib.sha256(body).hexdigest()
    photo = make_photo(
        owner, state=State.RECEIVED, width=None, height=None, recipe_version=None, sha256=digest
    )
    Photo.objects.locate(photo.pk).update(original_key=storage.original_key(photo.pk, digest), **fields)
    photo.refresh_from_db()
    url, headers = storage.presigned_put(
        photo.original_key, size=len(body), content_type="image/jpeg", sha256=digest
    )
    put(url, headers, body)
    return photo


def renditions_of(photo: Photo) -> list[Rendition]:
    return list(Rendition.objects.in_bucket(ids.bucket_of(photo.pk)).filter(photo_id=photo.pk).order_by("pk"))


def test_a_received_photo_becomes_ready_with_every_rendition_stored(s3: Site, alice: User) -> None:
    photo = received(alice, picture(800, 600, seed=1))
    assert rendering.render(photo.pk) == State.READY
    photo.refresh_from_db()
    assert (photo.width, photo.height, photo.attempts, photo.original_format) == (800, 600, 1, "JPEG")
    assert photo.thumbhash
    rows = renditions_of(photo)
    assert {(row.edge, row.format) for row in rows} == {
        (edge, name) for edge in (320, 640, 1280) for name in ("webp", "jpeg")
    }
    for row in rows:
        stored = storage.stat(row.key)
        assert (stored.bytes, stored.sha256) == (row.bytes, row.sha256)
    assert delivery.rendition_url(photo, Spec(640, "webp")).endswith(
        storage.rendition_key(photo.pk, photo.sha256, Spec(640, "webp"), is_public=True)
    )


def test_rendering_again_changes_nothing(s3: Site, alice: User) -> None:
    photo = received(alice, picture(seed=2))
    assert rendering.render(photo.pk) == State.READY
    before = [row.pk for row in renditions_of(photo)]
    assert rendering.render(photo.pk) is None
    assert [row.pk for row in renditions_of(photo)] == before


def test_the_later_attempt_wins_and_the_earlier_one_leaves_no_trace(s3: Site, alice: User) -> None:
    photo = received(alice, picture(seed=3))
    overtaken = rendering.claim(photo.pk)
    assert overtaken is not None
    assert rendering.render(photo.pk) == State.READY
    assert rendering._fail(overtaken, "unreadable", "No.") is None
    photo.refresh_from_db()
    assert (photo.state, photo.attempts, photo.failure) == (State.READY, 2, "")


def test_a_file_that_is_no_picture_fails_with_its_reason(s3: Site, alice: User) -> None:
    photo = received(alice, b"%PDF-1.7 not a photo")
    assert rendering.render(photo.pk) == State.FAILED
    photo.refresh_from_db()
    assert photo.failure_code == "unsupported_format"
    assert "PDF" in photo.failure


def test_a_lost_original_fails_and_says_so(s3: Site, alice: User) -> None:
    photo = received(alice, picture(seed=4))
    Photo.objects.locate(photo.pk).update(original_key="up/nowhere")
    assert rendering.render(photo.pk) == State.FAILED
    photo.refresh_from_db()
    assert "no longer there" in photo.failure


def test_a_store_that_is_away_leaves_the_photo_to_be_tried_again(alice: User) -> None:
    storage._client.cache_clear()
    photo = make_photo(alice, state=State.RECEIVED)
    with pytest.raises(storage.StorageUnavailable):
        rendering.render(photo.pk)
    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == (State.PROCESSING, 1)


def test_after_too_many_attempts_it_is_given_up(alice: User) -> None:
    photo = make_photo(alice, state=State.PROCESSING, attempts=rendering.MAX_ATTEMPTS)
    assert rendering.render(photo.pk) is None
    photo.refresh_from_db()
    assert (photo.state, photo.failure_code) == (State.FAILED, "gave_up")


def test_private_photos_are_stored_where_the_edge_asks_for_a_signature(s3: Site, alice: User) -> None:
    photo = received(alice, picture(seed=5), visibility="private")
    rendering.render(photo.pk)
    assert {row.key.split("/")[0] for row in renditions_of(photo)} == {"priv"}


def test_a_photo_past_its_deadline_is_found_without_the_brokers_help(alice: User) -> None:
    late, fresh = make_photo(alice, state=State.PROCESSING), make_photo(alice, state=State.RECEIVED)
    settled = make_photo(alice, state=State.FAILED)
    old = timezone.now() - rendering.DEADLINE - timedelta(seconds=1)
    for photo in (late, settled):
        Photo.objects.locate(photo.pk).update(state_at=old)
    alias = str(late._state.db)
    assert rendering.overdue(alias) == [late.pk]
    assert schedule.enqueue_overdue(alias) == 1
    assert fresh.pk not in rendering.overdue(alias)
