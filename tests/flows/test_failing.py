"""A photo that cannot be shown: its page, one notification for many, the list of those that failed."""

import pytest
from django.test import Client

from accounts.models import User
from photos.models import Photo, Stage, State
from photos.pipeline import attempts, rendering
from photos.social import inbox, notifications
from tests.cast import NOTHING_YET, make_photo, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


def fail(owner: User, code: str = "truncated", **fields: object) -> Photo:
    """Return a photo that a worker has given up."""
    photo = make_photo(owner, state=State.RECEIVED, **NOTHING_YET, **fields)
    attempt = attempts.claim(photo.pk, Stage.QUICK)
    assert attempt
    assert rendering.fail(attempt, code, "The end of this picture is missing.") == State.FAILED
    photo.refresh_from_db()
    return photo


def text_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_a_batch_of_failures_is_one_notification(alice: User, browser: Client) -> None:
    for _ in range(3):
        fail(alice)
    assert notifications.unread_count(alice.pk) == 1
    page = text_of(browser, "/notifications/")
    assert "3 of your photos" in page
    assert "/@alice/?failed=1" in page
    until = inbox.page(alice).until
    notifications.mark_read(alice.pk, until)
    fail(alice)
    assert notifications.unread_count(alice.pk) == 1, "what fails later is told again"
    (line,) = inbox.page(alice).lines
    assert (line.failed, line.is_unread) == (4, True)


def test_a_notification_of_failures_goes_when_nothing_is_failed_any_more(
    alice: User, browser: Client
) -> None:
    photo = fail(alice)
    browser.post(f"/p/{photo.pid}/delete/")
    assert not Photo.objects.locate(photo.pk).exists()
    assert inbox.page(alice).lines == []


def test_its_page_says_which_file_and_why_and_offers_what_can_help(alice: User, browser: Client) -> None:
    damaged, slow = fail(alice, filename="IMG_7.jpg"), fail(alice, "timed_out")
    page = text_of(browser, damaged.get_absolute_url())
    for words in ("IMG_7.jpg", "The end of this picture is missing.", "Choose it again", "/delete/"):
        assert words in page
    for refused in ("/retry/", "/share/?photo=", "/visibility/", f"/p/{damaged.pid}/edit/"):
        assert refused not in page
    assert "/retry/" in text_of(browser, slow.get_absolute_url())


def test_only_a_failure_that_another_try_can_mend_is_tried_again(alice: User, browser: Client) -> None:
    damaged, slow = fail(alice), fail(alice, "timed_out")
    for photo in (damaged, slow):
        browser.post(f"/p/{photo.pid}/retry/")
        photo.refresh_from_db()
    assert (damaged.state, slow.state) == (State.FAILED, State.RECEIVED)


def test_nobody_else_can_try_it_again(alice: User, bob: User) -> None:
    slow = fail(alice, "timed_out")
    assert signed_in(bob).post(f"/p/{slow.pid}/retry/").status_code == 404


def test_the_own_profile_lists_what_failed_and_only_for_its_owner(
    alice: User, bob: User, browser: Client
) -> None:
    shown, failed = make_photo(alice), fail(alice)
    wall = text_of(browser, "/@alice/")
    assert "1 failed" in wall
    assert "/@alice/?failed=1" in wall
    only = text_of(browser, "/@alice/?failed=1")
    assert failed.get_absolute_url() in only
    assert shown.get_absolute_url() not in only
    theirs = text_of(signed_in(bob), "/@alice/?failed=1")
    assert failed.get_absolute_url() not in theirs
    assert shown.get_absolute_url() in theirs


def test_the_upload_page_names_what_failed(alice: User, browser: Client) -> None:
    assert "could not be shown" not in text_of(browser, "/upload/")
    fail(alice, filename="IMG_7.jpg")
    page = text_of(browser, "/upload/")
    assert "1 photo could not be shown" in page
    assert "IMG_7.jpg" in page
