"""Two tabs with one form: what was saved in the other tab is not overwritten without a word, and no text is lost."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from photos.library import albums, preferences
from photos.models import Album, Photo
from tests.cast import make_photo, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")


@dataclass
class Case:
    """A form: the page that shows it, its address, what it saves, and how the stored value of a field is read."""

    page: str
    action: str
    rest: Mapping[str, str]
    field: str
    other: str
    stored: Callable[[str], str]


def hidden_fields(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return {unescape(name): unescape(value) for name, value in found}


@pytest.fixture(params=["caption", "album", "profile", "settings"])
def case(request: pytest.FixtureRequest, alice: User) -> Case:
    if request.param == "caption":
        photo = make_photo(alice)
        address = photo.get_absolute_url()
        rows = Photo.objects.locate(photo.pk)
        return Case(
            address, f"{address}caption/", {}, "caption", "alt", lambda name: str(getattr(rows.get(), name))
        )
    if request.param == "album":
        album = albums.create(alice.pk, title="Boats")
        address, found = album.get_absolute_url(), Album.objects.locate(album.pk)
        rest = {"visibility": "public", "title": "Boats"}
        return Case(
            address,
            f"{address}change/",
            rest,
            "title",
            "description",
            lambda name: str(getattr(found.get(), name)),
        )
    if request.param == "profile":
        return Case(
            "/settings/",
            "/settings/",
            {"name": "Alice Liddell"},
            "name",
            "bio",
            lambda name: str(getattr(User.objects.get(pk=alice.pk), name)),
        )
    page = "/settings/photos/"
    return Case(
        page,
        page,
        {"visibility": "public"},
        "author",
        "licence",
        lambda name: str(getattr(preferences.for_owner(alice.pk), name)),
    )


class Tab:
    """A page with a form, as it was when it was opened."""

    def __init__(self, client: Client, case: Case) -> None:
        self.client, self.case = client, case
        shown = hidden_fields(client.get(case.page).content.decode())
        self.shown = {name: value for name, value in shown.items() if name.startswith("shown-")}

    def save(self, **fields: str) -> HttpResponse:
        blank = {self.case.field: "", self.case.other: ""} | dict(self.case.rest)
        answer = self.client.post(self.case.action, blank | self.shown | fields)
        assert isinstance(answer, HttpResponse)
        return answer


def test_the_last_tab_does_not_win_without_a_word(case: Case, alice: User) -> None:
    client = signed_in(alice)
    one, two = Tab(client, case), Tab(client, case)
    assert one.save(**{case.field: "First & fine"}).status_code == 302
    clash = two.save(**{case.field: "Second"})
    html = clash.content.decode()
    assert (clash.status_code, case.stored(case.field)) == (409, "First & fine")
    assert "This was changed meanwhile" in html
    offered = re.findall(rf'type="radio" name="{case.field}" value="([^"]*)"( checked)?', html)
    assert offered == [("Second", " checked"), ("First &amp; fine", "")]
    kept = {name: value for name, value in hidden_fields(html).items() if name != "csrfmiddlewaretoken"}
    assert client.post(case.action, {**kept, case.field: "Second"}).status_code == 302
    assert case.stored(case.field) == "Second"


def test_changes_of_different_fields_are_both_kept(case: Case, alice: User) -> None:
    client = signed_in(alice)
    one, two = Tab(client, case), Tab(client, case)
    other = "cc-by-4" if case.other == "licence" else "Something"
    assert one.save(**{case.field: "First"}).status_code == 302
    assert two.save(**{case.other: other}).status_code == 302
    assert (case.stored(case.field), case.stored(case.other)) == ("First", other)


def test_the_same_change_twice_is_no_clash(case: Case, alice: User) -> None:
    client = signed_in(alice)
    one, two = Tab(client, case), Tab(client, case)
    for tab in (one, two):
        assert tab.save(**{case.field: "First"}).status_code == 302


def test_a_script_that_showed_nothing_saves_at_once(alice: User) -> None:
    photo = make_photo(alice, caption="Low tide")
    client = signed_in(alice)
    answer = client.post(
        f"{photo.get_absolute_url()}caption/", {"alt": "A ferry"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 204
