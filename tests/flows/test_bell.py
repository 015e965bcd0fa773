"""The number at the bell and the notifications change without a reload."""

import contextlib
import re

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from photos.models import Photo
from photos.social import likes, notifications
from tests.cast import make_photo, make_user, signed_in
from tests.flows.test_social import HTMX, text
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")


def like(photo: Photo, person: User) -> None:
    likes.set_liked(photo, person.pk, is_liked=True)
    deliver()


def ask(client: Client, shown: int) -> HttpResponse:
    """Ask for the number at the bell, as a page does that shows `shown`."""
    answer = client.get(f"/notifications/unread/?shown={shown}", headers=HTMX)
    assert isinstance(answer, HttpResponse)
    return answer


def test_the_bell_tells_of_what_is_new_and_is_silent_otherwise(
    photo: Photo, alice: User, guest: User
) -> None:
    browser = signed_in(alice)
    assert ask(browser, 0).status_code == 204
    like(photo, guest)
    answer = ask(browser, 0)
    assert 'class="badge">1<' in answer.content.decode()
    assert answer["HX-Trigger"] == "news"
    assert "no-store" in answer["Cache-Control"]
    assert ask(browser, 1).status_code == 204
    notifications.mark_read(alice.pk, notifications.latest(alice.pk)[0].pk)
    read = ask(browser, 1)
    assert "badge" not in read.content.decode()
    assert "HX-Trigger" not in read, "less is no news"


def test_the_bell_costs_no_query_while_all_is_in_the_cache(photo: Photo, alice: User, guest: User) -> None:
    browser = signed_in(alice)
    like(photo, guest)
    assert ask(browser, 0).status_code == 200
    with contextlib.ExitStack() as stack:
        captured = [stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections]
        assert ask(browser, 1).status_code == 204
    assert [query for each in captured for query in each.captured_queries] == []


def test_whoever_was_put_out_is_told_nothing(photo: Photo, alice: User, guest: User) -> None:
    browser = signed_in(alice)
    like(photo, guest)
    alice.set_password("another one")
    alice.save()
    assert ask(browser, 0).content == b'<span id="unread"></span>'
    assert ask(Client(), 0).content == b'<span id="unread"></span>'


def test_by_itself_the_address_leads_to_the_news(alice: User) -> None:
    assert signed_in(alice).get("/notifications/unread/")["Location"] == "/notifications/"


def test_an_open_page_is_given_what_is_new_and_lines_that_grow_move_up(
    photo: Photo, alice: User, guest: User
) -> None:
    browser, other = signed_in(alice), make_photo(alice)
    like(photo, guest)
    like(other, guest)
    page = browser.get("/notifications/").content.decode()
    (after,) = re.findall(r"\?after=(\d+)", page)
    grown, untouched = (
        re.search(rf'id="(news-liked-{each.pk}-[\d-]+)"', page)[1]  # type: ignore[index]  # fails if not found
        for each in (photo, other)
    )
    like(photo, make_user("dora"))
    fragment = browser.get(f"/notifications/?after={after}", headers=HTMX)
    html = fragment.content.decode()
    assert "<html" not in html
    assert f"{'dora'} and {guest.username} like your photo" in text(fragment)
    assert f'hx-swap-oob="delete:#{grown}"' in html
    assert html.count(f'id="{grown}"') == 1
    assert untouched not in html
    assert "One new notification." in text(fragment)
    (until,) = re.findall(r"\?after=(\d+)", html)
    assert int(until) > int(after)
    again = browser.get(f"/notifications/?after={until}", headers=HTMX)
    assert "new notification" not in text(again)
