"""Keyboard focus in Chromium: where it goes when its element is replaced, and that no bar covers it."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab

from accounts.models import User
from photos.models import Photo
from photos.social import comments
from tests.cast import make_photo
from tests.front import bridge
from tests.front.pages import Tile
from tests.front.stub_site import Site
from tests.front.test_elements import grid

pytestmark = pytest.mark.usefixtures("in_a_loop")
on_all_databases = pytest.mark.django_db(databases="__all__")

COVERED = """() => {
  const { top, bottom } = document.activeElement.getBoundingClientRect();
  const above = document.querySelector(".top").getBoundingClientRect().bottom;
  const below = document.querySelector("form > .bar")?.getBoundingClientRect().top ?? innerHeight;
  return top < above - 0.5 || bottom > below + 0.5;
}"""


@pytest.fixture
def photo(alice: User) -> Photo:
    return make_photo(alice)


@pytest.fixture
def tab(chromium: Browser, bob: User) -> Iterator[Tab]:
    """Where bob is signed in."""
    client = Client()
    client.force_login(bob)
    page = bridge.open_tab(chromium, client, is_posting=True, reduced_motion="reduce")
    yield page
    page.context.close()


def await_htmx(part: Locator) -> None:
    """Wait until htmx has taken a new part over; a reader does not press sooner."""
    expect(part).not_to_have_class(re.compile("htmx-"))


@on_all_databases
def test_whoever_follows_can_stop_without_looking_for_the_button(tab: Tab, carol: User) -> None:
    tab.goto("/@carol/")
    for name in ("Follow carol", "Following carol. Press to unfollow.", "Follow carol"):
        button = tab.get_by_role("button", name=name, exact=True)
        if name != "Follow carol" or not button.evaluate("each => each === document.activeElement"):
            button.focus()
        expect(button).to_be_focused()
        await_htmx(tab.locator(".follow"))
        tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Following carol. Press to unfollow.")).to_be_focused()


@on_all_databases
def test_the_focus_is_on_the_comment_that_was_just_posted_changed_or_answered(tab: Tab, photo: Photo) -> None:
    tab.goto(photo.get_absolute_url())
    tab.get_by_label("Your comment", exact=True).fill("What a fog")
    tab.get_by_role("button", name="Post", exact=True).press("Enter")
    said = tab.locator(".comment", has_text="What a fog")
    expect(said).to_be_focused()
    said.get_by_text("Edit", exact=False).first.press("Enter")
    said.get_by_label("Edit your comment", exact=True).fill("Lovely fog")
    said.get_by_role("button", name="Save").press("Enter")
    changed = tab.locator(".comment", has_text="Lovely fog").first
    expect(changed).to_be_focused()
    changed.get_by_text("Answer", exact=False).first.press("Enter")
    changed.get_by_label("Your answer to bob", exact=True).fill("Is it not?")
    changed.get_by_role("button", name="Post the answer").press("Enter")
    expect(tab.locator(".answers .comment")).to_be_focused()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('.answers') !== null")


@on_all_databases
def test_the_focus_is_above_the_comments_when_one_is_deleted(tab: Tab, photo: Photo, bob: User) -> None:
    comments.write(photo, bob.pk, "Oops")
    tab.goto(photo.get_absolute_url())
    tab.locator(".comment").get_by_text("Delete", exact=False).first.press("Enter")
    tab.get_by_role("button", name="Delete it").press("Enter")
    expect(tab.get_by_role("heading", name="Comments")).to_be_focused()


@on_all_databases
def test_the_focus_goes_on_to_earlier_comments(tab: Tab, photo: Photo, bob: User) -> None:
    for number in range(2 * comments.PAGE + 3):
        comments.write(photo, bob.pk, f"Number {number}.")
    tab.goto(photo.get_absolute_url())
    earlier = tab.get_by_role("link", name="Earlier comments")
    earlier.press("Enter")
    expect(tab.locator(".comment-body", has_text="Number 3.")).to_be_visible()
    expect(earlier).to_be_focused()
    await_htmx(tab.locator(".earlier"))
    earlier.press("Enter")
    expect(tab.locator(".comment", has_text="Number 0.")).to_be_focused()


def test_no_bar_lies_over_what_has_the_focus(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(*(Tile(pid=f"p{number}", url=f"/p/p{number}/") for number in range(30)))
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 700, "height": 420})
    page.goto("/@alice/")
    page.locator("[data-photo=p29] a").focus()
    for _ in range(30):
        assert not page.evaluate(COVERED), page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Shift+Tab")
