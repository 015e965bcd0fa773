"""HEAD is answered wherever GET is: link checkers and previews send it."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")


def test_every_page_answers_head_as_it_answers_get(client: Client, alice: User) -> None:
    photo = make_photo(alice)
    client.force_login(alice)
    for address in (
        "/",
        "/@alice/",
        photo.get_absolute_url(),
        "/upload/",
        "/people/",
        f"/tiles/?id={photo.pid}",
    ):
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b""), address
    assert client.head("/me/").status_code == client.get("/me/").status_code


def test_head_of_a_members_page_leads_to_sign_in_as_get_does(client: Client) -> None:
    assert client.head("/people/")["Location"] == "/accounts/login/?next=/people/"


def test_pages_still_take_no_post(client: Client, alice: User) -> None:
    assert client.post("/@alice/").status_code == 405
