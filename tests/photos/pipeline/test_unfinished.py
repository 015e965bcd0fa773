"""Uploads that are cancelled or abandoned leave no bytes and take no quota, against a real S3 server."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import edge
from photos.files import s3 as store
from photos.jobs import outbox_handlers, schedule, tasks
from photos.library import deletion, quota
from photos.models import Photo, State
from photos.pipeline import refusals, upload
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo
from tests.objects import picture, put
from tests.photos.pipeline.uploading import begin_large, offer_for, photo_of, send_part, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


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
    photo = photo_of(offer)
    alias = str(photo._state.db)
    assert upload.collect_abandoned(alias) == 0
    Photo.objects.locate(photo.pk).update(state_at=late)
    assert upload.collect_abandoned(alias) == 1
    assert not Photo.objects.of(alice.pk).exists()
    assert quota.used_bytes(alice.pk) == 0
    with pytest.raises(store.NotStored):
        store.stat(photo.original_key)


def test_an_abandoned_large_upload_leaves_no_parts(
    s3: Site, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, offer = begin_large(alice, monkeypatch)
    send_part(offer.plan, body, 1)
    photo = photo_of(offer)
    Photo.objects.locate(photo.pk).update(state_at=timezone.now() - timedelta(days=2))
    assert upload.collect_abandoned(str(photo._state.db)) == 1
    assert store.stored_parts(photo.original_key, photo.multipart_id) == {}
    assert not store.is_multipart_open(photo.original_key, photo.multipart_id)


def test_a_cancelled_upload_frees_its_quota_and_leaves_no_bytes(s3: Site, alice: User) -> None:
    body = picture(seed=11)
    offer = offer_for(alice, body)
    put(offer.url, offer.headers, body)
    photo = photo_of(offer)
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
    photo = photo_of(offer)
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
    photo = photo_of(offer)
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
