"""Deleting a photo for good: its row at once, then its files in the store."""

import pytest
from django.test import Client

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import s3 as store
from photos.library import deletion, quota
from photos.models import Photo
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo, signed_in
from tests.objects import picture
from tests.photos.pipeline.test_rendering import render_fully, renditions_of, upload_photo

pytestmark = pytest.mark.django_db(databases="__all__")


def test_the_row_and_quota_go_first_and_the_files_after(s3: Site, alice: User) -> None:
    photo = render_fully(upload_photo(alice, picture(seed=31)))
    keys = [photo.original_key, *(row.key for row in renditions_of(photo))]
    assert deletion.delete_files(photo.pk, keys) == [], "bytes are never deleted before the row"
    assert deletion.delete_photo(photo)
    assert not Photo.objects.of(alice.pk).exists()
    assert quota.used_bytes(alice.pk) == 0
    event = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).get(topic=deletion.REMOVED)
    assert sorted(event.payload["keys"]) == sorted(keys)
    for _ in range(2):
        assert deletion.delete_files(photo.pk, keys) == keys[1:]
    for key in keys:
        with pytest.raises(store.NotStored):
            store.stat(key)
    assert not deletion.delete_photo(photo)


def test_only_the_owner_deletes_a_photo(alice: User, carol: User) -> None:
    photo = make_photo(alice)
    for client, status in ((Client(), 302), (signed_in(carol), 404)):
        assert client.post(f"/p/{photo.pid}/delete/").status_code == status
        assert Photo.objects.locate(photo.pk).exists()
    owner = signed_in(alice)
    assert owner.get(f"/p/{photo.pid}/delete/").status_code == 405
    assert owner.post(f"/p/{photo.pid}/delete/")["Location"] == "/@alice/"
    assert not Photo.objects.locate(photo.pk).kept().exists()
