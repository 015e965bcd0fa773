"""A removed photo is gone from the page at once and from the store soon."""

import pytest
from django.test import Client

from accounts.models import User
from ops.topology.site.site import Site
from photos.files import s3 as store
from photos.library import deletion, quota
from photos.models import Photo
from sharding.models import OutboxEvent
from sharding.rows import ids
from tests.cast import make_photo
from tests.objects import picture
from tests.photos.pipeline.test_rendering import complete, received, renditions_of

pytestmark = pytest.mark.django_db(databases="__all__")


def test_row_room_and_bytes_go_in_this_order(s3: Site, alice: User) -> None:
    photo = complete(received(alice, picture(seed=31)))
    keys = [photo.original_key, *(row.key for row in renditions_of(photo))]
    assert deletion.discard(photo.pk, keys) == [], "bytes are never deleted before the row"
    assert deletion.remove(photo)
    assert not Photo.objects.of(alice.pk).exists()
    assert quota.used_bytes(alice.pk) == 0
    event = OutboxEvent.objects.in_bucket(ids.bucket_of(photo.pk)).get(topic=deletion.REMOVED)
    assert sorted(event.payload["keys"]) == sorted(keys)
    for _ in range(2):
        assert deletion.discard(photo.pk, keys) == keys[1:]
    for key in keys:
        with pytest.raises(store.NotStored):
            store.stat(key)
    assert not deletion.remove(photo)


def test_only_the_owner_removes(alice: User, carol: User) -> None:
    photo = make_photo(alice)
    for client, status in ((Client(), 302), (Client(), 404)):
        if status == 404:
            client.force_login(carol)
        assert client.post(f"/p/{photo.pid}/delete/").status_code == status
        assert Photo.objects.locate(photo.pk).exists()
    owner = Client()
    owner.force_login(alice)
    assert owner.get(f"/p/{photo.pid}/delete/").status_code == 405
    assert owner.post(f"/p/{photo.pid}/delete/")["Location"] == "/@alice/"
    assert not Photo.objects.locate(photo.pk).kept().exists()
