"""The page from which all settings are reached, and on which the profile is changed."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Digest
from photos.social import digest
from tests.cast import make_photo, signed_in
from tests.flows.test_social import text

pytestmark = pytest.mark.django_db(databases="__all__")


def test_name_and_words_about_oneself_change_on_every_page_at_once(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    browser, other = signed_in(alice), signed_in(bob)
    assert "Alice Liddell" in text(other.get(photo.get_absolute_url()))
    sent = {"name": " Alice \u202e Pleasance\n", "bio": "Down the <rabbit> hole.\nTwice."}
    assert browser.post("/settings/", sent)["Location"] == "/settings/"
    for address in ("/@alice/", photo.get_absolute_url()):
        assert "Alice Pleasance" in text(other.get(address)), address
    profile = other.get("/@alice/").content.decode()
    assert "Down the &lt;rabbit&gt; hole. Twice." in profile
    page = browser.get("/settings/").content.decode()
    assert 'value="Alice Pleasance"' in page
    browser.post("/settings/", {"name": "", "bio": ""})
    assert User.objects.get(pk=alice.pk).display_name() == "alice"


def test_what_is_too_long_is_said_and_still_there(alice: User) -> None:
    response = signed_in(alice).post("/settings/", {"name": "A" * 61, "bio": "B" * 301})
    assert response.status_code == 400
    html = response.content.decode()
    assert html.count('aria-invalid="true"') == 2
    assert "A" * 61 in html
    assert User.objects.get(pk=alice.pk).name == "Alice Liddell"


def test_a_line_end_counts_as_one_character(alice: User) -> None:
    lines = "\r\n".join(["B"] * 150)
    assert signed_in(alice).post("/settings/", {"name": "Alice", "bio": lines}).status_code == 302
    assert User.objects.get(pk=alice.pk).bio == " ".join(["B"] * 150)


def test_it_leads_to_everything_and_says_what_is_chosen(alice: User) -> None:
    digest.set_rhythm(alice.pk, Digest.WEEKLY)
    client = signed_in(alice)
    html = client.get("/settings/").content.decode()
    assert "Once a week at most" in html
    for address in ("photos", "notifications", "people", "erase"):
        assert f'href="/settings/{address}/"' in html
        assert client.get(f"/settings/{address}/").status_code == 200
    assert 'href="/settings/"' in client.get("/").content.decode(), "in the menu of every page"
    assert Client().get("/settings/")["Location"] == "/accounts/login/?next=/settings/"
