"""The bell and the page of notifications in Chromium, while others do things."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from photos.social import likes
from tests.cast import make_photo, make_user
from tests.front import bridge
from tests.photos.jobs.fanout import deliver

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("in_a_loop")]

# As after a while: what it does when the time has come is what counts here.
LOOK = "document.querySelector('#unread').dispatchEvent(new Event('look'))"


@pytest.fixture
def tab(chromium: Browser, alice: User) -> Iterator[Page]:
    client = Client()
    client.force_login(alice)
    page = bridge.open_tab(chromium, client)
    yield page
    page.context.close()


def like_some(owner: User, people: int, photos: int = 1) -> None:
    """Have as many new people like each of as many new photos."""
    fans = [make_user(f"fan{owner.pk}x{User.objects.count()}x{n}") for n in range(people)]
    for photo in [make_photo(owner) for _ in range(photos)]:
        for fan in fans:
            likes.set_liked(photo, fan.pk, is_liked=True)
    deliver()


def test_the_number_changes_by_itself_while_somebody_looks(tab: Page, alice: User) -> None:
    tab.clock.install()
    tab.goto("/people/")
    expect(tab.locator("#unread .badge")).to_have_count(0)
    like_some(alice, 2)
    tab.clock.fast_forward(21_000)
    expect(tab.locator("#unread .badge")).to_have_text("2")


def test_nobody_is_asked_while_the_page_is_hidden(tab: Page, alice: User) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if "/unread/" in request.url else None)
    tab.clock.install()
    tab.goto("/people/")
    tab.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    like_some(alice, 1)
    tab.clock.fast_forward(100_000)
    tab.wait_for_timeout(100)
    assert asked == []
    tab.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(tab.locator("#unread .badge")).to_have_text("1")


def test_news_comes_in_at_the_top_is_said_and_moves_nothing(tab: Page, alice: User) -> None:
    tab.goto("/notifications/")
    expect(tab.get_by_text("No notifications yet")).to_be_visible()
    like_some(alice, 1, photos=20)
    tab.evaluate(LOOK)
    expect(tab.locator("#news > li")).to_have_count(20)
    expect(tab.get_by_text("No notifications yet")).to_be_hidden()
    expect(tab.locator("#news-said")).to_have_text("20 new notifications.")
    tab.goto("/notifications/")
    read = tab.locator("#news > li").nth(15)
    read.scroll_into_view_if_needed()
    before = read.bounding_box()
    name = read.get_attribute("id")
    like_some(alice, 1, photos=2)
    # The number that was marked as read stays with the bridge, which posts nothing: what is shown is 20.
    tab.evaluate(LOOK)
    expect(tab.locator("#news > li")).to_have_count(22)
    tab.wait_for_timeout(100)
    after = tab.locator(f"#{name}").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2
