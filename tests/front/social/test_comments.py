"""Talking below a photo, in Chromium: what one writes and what one has opened stays, whatever is posted beside it."""

import contextvars
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, Route, expect

from accounts.models import User
from photos.models import Photo
from photos.social import comments
from tests.cast import make_photo
from tests.front import bridge

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("in_a_loop")]


@pytest.fixture
def photo(alice: User, bob: User) -> Photo:
    """A photo with more comments than a page shows."""
    made = make_photo(alice)
    for number in range(33):
        comments.write(made, alice.pk if number % 2 else bob.pk, f"Number {number}.")
    return made


@pytest.fixture
def tab(chromium: Browser, alice: User) -> Iterator[Page]:
    """Alice's browser, which posts."""
    client = Client()
    client.force_login(alice)
    page = bridge.open_tab(chromium, client)
    ours = contextvars.copy_context()

    def post(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        form = parse_qs(route.request.post_data or "", keep_blank_values=True)
        said = ours.run(client.post, urlsplit(route.request.url).path, form, headers={"HX-Request": "true"})
        return route.fulfill(status=said.status_code, body=said.content, headers=dict(said.items()))

    page.route("**/p/**", post)
    yield page
    page.context.close()


def comment(page: Page, words: str) -> Locator:
    """Return the comment that says this, with its answers."""
    return page.locator(".thread > .comment", has=page.get_by_text(words, exact=True))


def answer(page: Page, below: str, words: str) -> None:
    """Answer a comment."""
    form = comment(page, below).locator("details", has_text="Post the answer")
    form.locator("summary").click()
    form.get_by_role("textbox").fill(words)
    form.get_by_role("button", name="Post the answer").click()


def test_an_answer_to_an_earlier_comment_stands_below_it_and_a_draft_stays(tab: Page, photo: Photo) -> None:
    tab.goto(photo.get_absolute_url())
    expect(comment(tab, "Number 1.")).to_have_count(0)
    tab.get_by_role("link", name="Earlier comments").click()
    expect(comment(tab, "Number 1.")).to_be_visible()
    tab.get_by_label("Your comment", exact=True).fill("A long thought")
    answer(tab, "Number 1.", "An answer")
    expect(comment(tab, "Number 1.").locator(".answers")).to_contain_text("An answer")
    expect(tab.locator(".thread > .comment")).to_have_count(33)
    expect(tab.get_by_label("Your comment", exact=True)).to_have_value("A long thought")
    expect(tab.locator("#talk > .faint")).to_have_text("34")
    expect(tab.locator("#spoken")).to_have_text("Your comment is posted.")
    expect(comment(tab, "Number 1.").locator(".answers > .comment")).to_be_focused()


def test_changing_and_deleting_leaves_the_others_and_a_draft(tab: Page, photo: Photo) -> None:
    tab.goto(photo.get_absolute_url())
    tab.get_by_label("Your comment", exact=True).fill("A long thought")
    one = comment(tab, "Number 31.")
    one.locator("summary", has_text="Edit").click()
    one.locator("textarea[id^=edit-]").fill("Rather this.")
    one.get_by_role("button", name="Save").click()
    expect(comment(tab, "Rather this.")).to_be_visible()
    other = comment(tab, "Number 32.")
    other.locator("summary", has_text="Delete").click()
    other.get_by_role("button", name="Delete it").click()
    expect(comment(tab, "Number 32.")).to_have_count(0)
    expect(tab.get_by_role("heading", name="Comments")).to_be_focused()
    expect(tab.locator(".thread > .comment")).to_have_count(29)
    expect(tab.get_by_label("Your comment", exact=True)).to_have_value("A long thought")
    expect(tab.locator("#talk > .faint")).to_have_text("32")


def test_what_is_refused_says_why_and_keeps_its_words(tab: Page, photo: Photo) -> None:
    tab.goto(photo.get_absolute_url())
    one = comment(tab, "Number 31.")
    one.locator("summary", has_text="Edit").click()
    tab.evaluate(
        "for (const each of document.querySelectorAll('textarea')) each.removeAttribute('maxlength')"
    )
    one.locator("textarea[id^=edit-]").fill("x" * 2001)
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("alert")).to_have_text("This can have up to 2,000 characters. Please shorten it.")
    expect(one.locator("textarea[id^=edit-]")).to_have_value("x" * 2001)
    expect(one.locator("textarea[id^=edit-]")).to_be_focused()
    one.locator("textarea[id^=edit-]").fill("Shorter.")
    one.get_by_role("button", name="Save").click()
    expect(comment(tab, "Shorter.")).to_be_visible()
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_the_first_comment_takes_the_place_of_the_invitation(tab: Page, alice: User) -> None:
    photo = make_photo(alice)
    tab.goto(photo.get_absolute_url())
    expect(tab.get_by_text("No comments yet.")).to_be_visible()
    tab.get_by_label("Your comment", exact=True).fill("First")
    tab.get_by_role("button", name="Post", exact=True).click()
    expect(comment(tab, "First")).to_be_visible()
    expect(tab.get_by_text("No comments yet.")).to_be_hidden()
    expect(comment(tab, "First")).to_be_focused()
    expect(tab.get_by_label("Your comment", exact=True)).to_have_value("")
    tab.get_by_label("Your comment", exact=True).fill("Second")
    tab.get_by_role("button", name="Post", exact=True).click()
    expect(tab.locator(".thread > .comment")).to_have_count(2)
    expect(tab.locator("#talk > .faint")).to_have_text("2")


def test_whoever_answers_an_answer_writes_behind_the_name_that_is_there(tab: Page, photo: Photo) -> None:
    tab.goto(photo.get_absolute_url())
    answer(tab, "Number 32.", "An answer")
    below = comment(tab, "Number 32.").locator(".answers > .comment")
    below.locator("summary", has_text="Answer").press("Enter")
    expect(below.get_by_role("textbox").first).to_be_focused()
    tab.keyboard.type("me too")
    expect(below.get_by_role("textbox").first).to_have_value("@alice me too")
