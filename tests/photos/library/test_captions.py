"""A photo's caption and its alternative text (`alt`), for readers who cannot see the picture."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Photo
from tests.cast import signed_in

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def owner(alice: User) -> Client:
    """Return a client signed in as alice."""
    return signed_in(alice)


def stored_texts(photo: Photo) -> tuple[str, str]:
    """Return the stored caption and alternative text."""
    row: Photo = Photo.objects.locate(photo.pk).get()
    return row.caption, row.alt


def test_the_form_takes_both_and_each_alone_leaves_the_other(owner: Client, photo: Photo) -> None:
    address = f"/p/{photo.pid}/caption/"
    owner.post(address, {"caption": "Low  tide", "alt": "A ferry,\nlying on sand"})
    assert stored_texts(photo) == ("Low tide", "A ferry, lying on sand")
    owner.post(address, {"alt": "A ferry"})
    assert stored_texts(photo) == ("Low tide", "A ferry")
    owner.post(address, {"caption": ""})
    assert stored_texts(photo) == ("", "A ferry")


def test_the_alt_of_a_picture_is_its_description_or_its_caption_or_its_author(
    owner: Client, photo: Photo
) -> None:
    address = photo.get_absolute_url()
    assert 'alt="Photo by Alice Liddell, ' in owner.get(address).content.decode()
    owner.post(f"{address}caption/", {"caption": "Low tide"})
    assert 'alt="Low tide"' in owner.get(address).content.decode()
    owner.post(f"{address}caption/", {"alt": "A ferry"})
    for page in (address, "/@alice/", "/", "/explore/"):
        assert 'alt="A ferry"' in owner.get(page).content.decode(), page


def test_a_script_gets_204_and_for_too_long_a_text_422_with_the_reason(owner: Client, photo: Photo) -> None:
    headers = {"accept": "application/json"}
    address = f"/p/{photo.pid}/caption/"
    assert owner.post(address, {"alt": "x" * 1000}, headers=headers).status_code == 204
    answer = owner.post(address, {"alt": "x" * 1001}, headers=headers)
    assert answer.status_code == 422
    assert "1000 characters" in answer.json()["error"]["message"]
    assert stored_texts(photo) == ("", "x" * 1000)


def test_only_its_owner_describes_a_photo(photo: Photo, bob: User) -> None:
    assert signed_in(bob).post(f"/p/{photo.pid}/caption/", {"alt": "Mine"}).status_code == 404
    assert stored_texts(photo) == ("", "")
