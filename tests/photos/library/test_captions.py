"""What an owner says of a photo: the caption, and the description for who cannot see it."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Photo
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photo(alice: User) -> Photo:
    """A photo that has no words yet."""
    return make_photo(alice)


@pytest.fixture
def owner(alice: User) -> Client:
    """Alice, signed in."""
    client = Client()
    client.force_login(alice)
    return client


def kept(photo: Photo) -> tuple[str, str]:
    """Return caption and description as they are stored."""
    found: Photo = Photo.objects.locate(photo.pk).get()
    return found.caption, found.alt


def test_the_form_takes_both_and_each_alone_leaves_the_other(owner: Client, photo: Photo) -> None:
    address = f"/p/{photo.pid}/caption/"
    owner.post(address, {"caption": "Low  tide", "alt": "A ferry,\nlying on sand"})
    assert kept(photo) == ("Low tide", "A ferry, lying on sand")
    owner.post(address, {"alt": "A ferry"})
    assert kept(photo) == ("Low tide", "A ferry")
    owner.post(address, {"caption": ""})
    assert kept(photo) == ("", "A ferry")


def test_a_picture_says_its_description_else_its_caption_else_whose_it_is(
    owner: Client, photo: Photo
) -> None:
    address = photo.get_absolute_url()
    assert 'alt="Photo by Alice Liddell"' in owner.get(address).content.decode()
    owner.post(f"{address}caption/", {"caption": "Low tide"})
    assert 'alt="Low tide"' in owner.get(address).content.decode()
    owner.post(f"{address}caption/", {"alt": "A ferry"})
    for page in (address, "/@alice/", "/", "/explore/"):
        assert 'alt="A ferry"' in owner.get(page).content.decode(), page


def test_a_script_is_told_in_short_and_too_much_is_refused_with_the_reason(
    owner: Client, photo: Photo
) -> None:
    headers = {"accept": "application/json"}
    address = f"/p/{photo.pid}/caption/"
    assert owner.post(address, {"alt": "x" * 1000}, headers=headers).status_code == 204
    refused = owner.post(address, {"alt": "x" * 1001}, headers=headers)
    assert refused.status_code == 422
    assert "1000 characters" in refused.json()["error"]["message"]
    assert kept(photo) == ("", "x" * 1000)


def test_nobody_else_describes_it(photo: Photo, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    assert client.post(f"/p/{photo.pid}/caption/", {"alt": "Mine"}).status_code == 404
    assert kept(photo) == ("", "")
