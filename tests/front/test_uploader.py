"""What a person sees while photos go up, and what the site and the store get, in Chromium."""

import hashlib
from collections.abc import Sequence

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, expect

from tests.front.stub_site import DROP, Site


def photo(name: str, size: int = 40_000) -> FilePayload:
    """Return a file of random bytes made from its name (the stub looks at no pixels)."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": hashlib.shake_128(name.encode()).digest(size)}


def photos(count: int) -> list[FilePayload]:
    """Return that many."""
    return [photo(f"DSC_{number}.jpg") for number in range(count)]


def choose(page: Page, files: Sequence[FilePayload]) -> None:
    """Hand files to the chooser."""
    page.set_input_files("input[type=file]", files)


def step(page: Page, name: str) -> str | None:
    """Return where the photo of that name is."""
    return page.locator(".upload", has_text=name).get_attribute("data-step")


def expect_all_ready(page: Page, count: int) -> None:
    """Wait until every photo is a picture."""
    expect(page.locator("[data-part=summary]")).to_have_text(f"All {count} sent · all ready", timeout=30_000)
    expect(page.locator(".upload .tile[data-state=ready]")).to_have_count(count)


def assert_stored_whole(site: Site, files: Sequence[FilePayload]) -> None:
    """Every file is in the store, byte for byte, and was finished exactly once."""
    assert {hashlib.sha256(file["buffer"]).hexdigest(): file["buffer"] for file in files} == site.stored
    assert sorted(file["name"] for file in site.finished) == sorted(file["name"] for file in files)


def test_photos_arrive_whole_and_become_pictures(page: Page, site: Site) -> None:
    files = photos(3)
    choose(page, files)
    expect_all_ready(page, 3)
    assert_stored_whole(site, files)


def test_restarts_and_lost_connections_cost_only_time(page: Page, site: Site) -> None:
    site.faults.update(begin=[503], put=[500, DROP], finish=[502])
    files = photos(3)
    choose(page, files)
    expect_all_ready(page, 3)
    assert_stored_whole(site, files)


def test_an_expired_address_is_asked_for_again(page: Page, site: Site) -> None:
    site.faults.update(put=[403])
    files = photos(1)
    choose(page, files)
    expect(page.locator("[data-part=summary]")).to_have_text("Sent · all ready", timeout=15_000)
    assert_stored_whole(site, files)
    assert len(site.announced) == 2


def test_bytes_that_got_lost_are_put_again(page: Page, site: Site) -> None:
    files = photos(1)
    page.route("**/put/*", lambda route: route.fulfill(status=200), times=1)
    choose(page, files)
    expect(page.locator("[data-part=summary]")).to_have_text("Sent · all ready", timeout=15_000)
    assert_stored_whole(site, files)


def test_three_photos_are_in_flight_at_most_and_are_announced_together(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, photos(24))
    expect(page.locator(".upload[data-step=queued]")).to_have_count(21)
    assert site.most_in_flight == 3
    site.hold.set()
    expect_all_ready(page, 24)
    assert site.most_in_flight == 3
    assert max(len(files) for files in site.announced) <= 20
    assert len(site.announced) <= 6


def test_what_is_no_photo_or_too_large_is_said_before_sending(page: Page, site: Site) -> None:
    notes: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
    choose(page, [notes, {**photo("empty.jpg"), "buffer": b""}])
    expect(page.locator(".upload", has_text="notes.txt")).to_contain_text("not a photo format")
    expect(page.locator(".upload", has_text="empty.jpg")).to_contain_text("empty")
    page.locator("photo-upload").evaluate("element => element.setAttribute('max-bytes', 1000)")
    choose(page, [photo("large.jpg")])
    expect(page.locator(".upload", has_text="large.jpg")).to_contain_text("one photo may have 1 kB")
    assert site.announced == []


def test_a_refusal_by_the_site_is_shown_in_its_own_words(page: Page, site: Site) -> None:
    answer = {"uploads": [{"error": {"code": "unsupported_format", "message": "Only photos, please."}}]}
    page.route("**/begin", lambda route: route.fulfill(json=answer))
    choose(page, photos(1))
    expect(page.locator(".upload .says")).to_contain_text("Only photos, please.")
    assert not page.get_by_role("button", name="Retry DSC_0.jpg").is_visible()


def test_a_photo_that_is_here_already_is_not_sent_twice(page: Page, site: Site) -> None:
    files = photos(1)
    choose(page, files)
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    choose(page, files)
    expect(page.get_by_role("link", name="You have this one already")).to_have_attribute("href", "/p/old/")
    assert len(site.finished) == 1


def test_a_cancelled_photo_is_not_sent_and_can_be_after_all(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, photos(5))
    expect(page.locator(".upload[data-step=queued]")).to_have_count(2)
    page.get_by_role("button", name="Cancel DSC_4.jpg").click()
    site.hold.set()
    expect_all_ready(page, 4)
    assert step(page, "DSC_4.jpg") == "cancelled"
    page.get_by_role("button", name="Retry DSC_4.jpg").click()
    expect_all_ready(page, 5)


def test_an_ended_sign_in_leads_to_the_sign_in_page(page: Page, site: Site) -> None:
    site.faults.update(begin=[401])
    choose(page, photos(1))
    link = page.locator(".upload").get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", "/accounts/login/?next=/upload/")
    page.get_by_role("button", name="Retry DSC_0.jpg").click()
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)


def test_everything_is_reached_by_keyboard(page: Page, site: Site) -> None:
    page.get_by_role("radio", name="Everybody").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose photos")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photos(1))
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    assert site.finished[0]["visibility"] == "private"


def test_dropped_photos_are_taken_wherever_they_fall(page: Page, site: Site) -> None:
    transfer = page.evaluate_handle(
        "() => { const t = new DataTransfer(); t.items.add(new File(['x'], 'a.jpg', {type: 'image/jpeg'})); return t; }"
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    expect(page.locator("photo-upload")).to_have_class("is-dropping")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)


def test_a_screen_reader_hears_how_it_stands(page: Page, site: Site) -> None:
    choose(page, photos(2))
    expect(page.get_by_role("status")).to_have_text("All 2 sent · all ready", timeout=15_000)


@pytest.mark.parametrize("is_sending", [True, False])
def test_leaving_is_questioned_only_while_something_is_under_way(
    page: Page, site: Site, is_sending: bool
) -> None:
    site.hold.clear() if is_sending else site.hold.set()
    choose(page, photos(1))
    expect(page.locator(f".upload[data-step={'sending' if is_sending else 'ready'}]")).to_have_count(1)
    page.get_by_role("radio", name="Everybody").click()  # browsers ask only those who touched the page
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto("/upload/")
    assert asked == (["beforeunload"] if is_sending else [])
