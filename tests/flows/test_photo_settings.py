"""Credit, places and the level of new photos, through the page where people choose them and where others see them."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from accounts.models import User
from photos.library import preferences
from photos.models import Location, Photo, Preferences
from photos.models.licences import LICENCES
from photos.pipeline import upload
from photos.pipeline.upload_request import FileManifest
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")

PAGE = "/settings/photos/"
BOTH = {"author": "Alice Liddell", "licence": "cc-by-sa-4", "location": "area", "visibility": "public"}


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def chosen(client: Client) -> list[str]:
    """Return the values of the chosen options."""
    page = client.get(PAGE).content.decode()
    return re.findall(r'name="(?:licence|location)" value="([^"]*)" checked', page)


def test_nothing_is_said_and_kept_until_somebody_chooses_it(browser: Client, alice: User) -> None:
    assert chosen(browser) == ["", ""]
    assert not Preferences.objects.of(alice.pk).exists()


def test_what_is_chosen_is_shown_again(browser: Client, alice: User) -> None:
    answer = browser.post(PAGE, BOTH, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Your photos are made again with it" in page
    assert "being made again" not in page, "that is said once"
    assert "being made again" in browser.get(PAGE).content.decode()
    assert 'value="Alice Liddell"' in page
    assert chosen(browser) == ["cc-by-sa-4", "area"]
    assert preferences.for_owner(alice.pk).credit == {"author": "Alice Liddell", "licence": "cc-by-sa-4"}
    again = browser.post(PAGE, BOTH | {"location": "exact"}, follow=True).content.decode()
    assert "Saved.</p>" in again, "nothing is made anew for a place"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"licence": "mine"}, "licence"),
        ({"location": "home"}, "location"),
        ({"author": "x" * 121}, "author"),
        ({"visibility": "friends"}, "visibility"),
    ],
)
def test_what_is_no_choice_is_refused_and_changes_nothing(
    changes: dict[str, str], field: str, browser: Client, alice: User
) -> None:
    answer = browser.post(PAGE, BOTH | changes)
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert preferences.for_owner(alice.pk).credit == {}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Alice \n Liddell ", "Alice Liddell"),
        ("A\u202elice\x07", "A lice"),
        ("\x00\u200b", ""),
        ("<b>", "<b>"),
    ],
)
def test_a_name_is_one_visible_line(written: str, kept: str, browser: Client, alice: User) -> None:
    browser.post(PAGE, BOTH | {"author": written})
    author = preferences.for_owner(alice.pk).author
    assert author in {kept, ""} if "\x00" in written else author == kept
    assert b"<b>" not in browser.get(PAGE).content


def test_the_page_is_for_members(alice: User) -> None:
    assert Client().get(PAGE).url.startswith("/accounts/login/")  # type: ignore[attr-defined]  # a redirect has one
    assert Client().post(PAGE, BOTH).status_code == 302
    assert preferences.for_owner(alice.pk).credit == {}


def test_visitors_see_the_credit_that_the_files_carry(alice: User) -> None:
    photo = make_photo(alice, shown_credit={"author": "Alice <L>", "licence": "cc-by-4"})
    page = Client().get(photo.get_absolute_url()).content.decode()
    assert "Alice &lt;L&gt;" in page
    assert f'href="{LICENCES["cc-by-4"].url}" rel="license noreferrer"' in page
    bare = Client().get(make_photo(alice).get_absolute_url()).content.decode()
    assert "Author" not in bare
    assert "Licence" not in bare


def test_a_place_is_shown_no_finer_than_it_is_kept(alice: User) -> None:
    area = make_photo(alice, location=Location.AREA, latitude=48.9, longitude=-2.3)
    page = Client().get(area.get_absolute_url()).content.decode()
    assert "Around 48.9° N, 2.3° W" in page
    exact = make_photo(alice, location=Location.EXACT, latitude=-48.85806, longitude=2.29444)
    assert "48.8581° S, 2.2944° E" in Client().get(exact.get_absolute_url()).content.decode()
    assert "Place" not in Client().get(make_photo(alice).get_absolute_url()).content.decode()


def test_new_photos_are_seen_by_whom_their_owner_wants(browser: Client, alice: User) -> None:
    assert 'value="public" checked' in browser.get("/upload/").content.decode()
    older = make_photo(alice)
    browser.post(PAGE, BOTH | {"visibility": "followers"})
    assert 'value="followers" checked' in browser.get("/upload/").content.decode()
    file = FileManifest("sea.jpg", 1000, "image/jpeg", "a" * 64)
    upload.begin(alice.pk, [file, replace(file, sha256="b" * 64, visibility="private")])
    levels = {photo.sha256: photo.visibility for photo in Photo.objects.of(alice.pk)}
    assert (levels["a" * 64], levels["b" * 64]) == ("followers", "private"), "unless they say otherwise"
    older.refresh_from_db()
    assert older.visibility == "public"
