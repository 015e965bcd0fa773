"""What a person sees while photos go up, and what the site and the store get, in Chromium."""

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, Route, expect

from tests.front.stub_site import DROP, Site
from tests.front.upload.uploading import (
    answer_the_chooser,
    assert_stored_whole,
    choose,
    digest,
    expect_all_ready,
    expect_step,
    expect_summary,
    photo,
    photos,
    row,
)


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


def test_whoever_is_asked_to_wait_is_told_so_and_goes_on(page: Page, site: Site) -> None:
    site.faults.update(begin=[429])
    choose(page, photos(1))
    expect(page.locator(".upload .says")).to_contain_text("We continue in a moment")
    expect_all_ready(page, 1)


def test_an_expired_address_is_asked_for_again(page: Page, site: Site) -> None:
    site.faults.update(put=[403])
    files = photos(1)
    choose(page, files)
    expect(page.locator("[data-part=summary]")).to_have_text("Uploaded · all ready", timeout=15_000)
    assert_stored_whole(site, files)
    assert len(site.announced) == 2


def test_bytes_that_got_lost_are_put_again(page: Page, site: Site) -> None:
    files = photos(1)
    page.route("**/put/*", lambda route: route.fulfill(status=200), times=1)
    choose(page, files)
    expect(page.locator("[data-part=summary]")).to_have_text("Uploaded · all ready", timeout=15_000)
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
    expect(page.locator(".upload", has_text="notes.txt")).to_contain_text("image format is not supported")
    expect(page.locator(".upload", has_text="empty.jpg")).to_contain_text("empty")
    page.locator("photo-upload").evaluate("element => element.setAttribute('max-bytes', 1000)")
    choose(page, [photo("large.jpg")])
    expect(page.locator(".upload", has_text="large.jpg")).to_contain_text("a photo can have up to 1 kB")
    assert site.announced == []


def test_a_refusal_by_the_site_is_shown_in_its_own_words(page: Page, site: Site) -> None:
    answer = {"uploads": [{"error": {"code": "unsupported_format", "message": "Only photos, please."}}]}
    page.route("**/api/uploads/", lambda route: route.fulfill(json=answer))
    choose(page, photos(1))
    expect(page.locator(".upload .verdict")).to_contain_text("Only photos, please.")
    assert not page.get_by_role("button", name="Retry DSC_0.jpg").is_visible()


def test_a_photo_that_is_here_already_is_not_sent_twice(page: Page, site: Site) -> None:
    files = photos(1)
    choose(page, files)
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    choose(page, files)
    expect(page.get_by_role("link", name="Already uploaded, only you see it")).to_have_attribute(
        "href", "/p/old/"
    )
    assert len(site.finished) == 1


def test_a_photo_that_comes_back_from_the_trash_says_who_sees_it(page: Page, site: Site) -> None:
    back = {
        "duplicate": True,
        "restored": True,
        "pid": "old",
        "photo_url": "/p/old/",
        "seen": "only you see it",
    }
    page.route("**/api/uploads/", lambda route: route.fulfill(json={"uploads": [back]}))
    choose(page, photos(1))
    link = page.get_by_role("link", name="Restored from the trash, only you see it")
    expect(link).to_have_attribute("href", "/p/old/")


def test_a_cancelled_photo_is_not_sent_and_can_be_after_all(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, photos(5))
    expect(page.locator(".upload[data-step=queued]")).to_have_count(2)
    page.get_by_role("button", name="Cancel DSC_4.jpg").click()
    site.hold.set()
    expect_all_ready(page, 4)
    expect_step(page, "DSC_4.jpg", "cancelled")
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
    answer_the_chooser(page, photos(1))
    page.get_by_role("radio", name="Everybody").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose photos")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    assert site.finished[0]["visibility"] == "private"


def test_dropped_photos_are_taken_wherever_they_fall(page: Page, site: Site) -> None:
    transfer = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array([255, 216, 255])], "a.jpg", { type: "image/jpeg" }));
          return transfer;
        }"""
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    expect(page.locator("photo-upload")).to_have_class("is-dropping")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)


def test_a_screen_reader_hears_how_it_stands(page: Page, site: Site) -> None:
    choose(page, photos(2))
    expect(page.locator("[role=status][data-part=live]")).to_have_text(
        "All 2 uploaded · all ready", timeout=15_000
    )


@pytest.mark.parametrize("is_sending", [True, False])
def test_leaving_is_questioned_only_while_something_is_under_way(
    page: Page, site: Site, is_sending: bool
) -> None:
    site.hold.clear() if is_sending else site.hold.set()
    choose(page, photos(1))
    expect(page.locator(f".upload[data-step={'sending' if is_sending else 'ready'}]")).to_have_count(1)
    page.get_by_role("radio", name="Everybody").click()  # browsers ask only after a click on the page
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto("/upload/")
    assert asked == (["beforeunload"] if is_sending else [])


def test_a_description_is_asked_for_and_kept_once_the_photo_is_there(page: Page, site: Site) -> None:
    said: list[str] = []

    def keep(route: Route) -> None:
        said.append(route.request.post_data or "")
        route.fulfill(status=204)

    page.route("**/p/*/caption/", keep)
    site.hold.clear()
    choose(page, photos(1))
    words = page.get_by_role("textbox", name="Alt text of DSC_0.jpg")
    words.fill("A ferry")
    words.press("Tab")
    assert said == []
    site.hold.set()
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    assert said == ["alt=A+ferry"]
    words.fill("A ferry in fog")
    with page.expect_response("**/p/*/caption/"):
        words.press("Tab")
    expect(page.locator(".upload[data-step=ready]")).to_have_count(1)
    assert said == ["alt=A+ferry", "alt=A+ferry+in+fog"]


def test_a_description_that_was_not_kept_says_so(page: Page, site: Site) -> None:
    page.route("**/p/*/caption/", lambda route: route.abort())
    choose(page, photos(2))
    expect(page.locator(".upload[data-step=ready]")).to_have_count(2)
    first, second = page.locator(".upload .alt").all()
    first.fill("A ferry")
    second.focus()
    said = page.locator(".upload .says").first
    expect(said).to_have_text("Alt text not saved. Change it to try again.")
    expect(said).to_have_role("alert")
    expect(page.locator(".upload .alt:invalid")).to_have_count(1)
    expect(second).to_be_focused()
    page.unroute("**/p/*/caption/")
    page.route("**/p/*/caption/", lambda route: route.fulfill(status=204))
    first.fill("A ferry in fog")
    first.press("Tab")
    expect(said).to_contain_text("Ready")
    expect(page.locator(".upload .alt:invalid")).to_have_count(0)


def test_the_ones_that_failed_are_shown_one_after_the_other_by_keyboard(page: Page, site: Site) -> None:
    files = photos(30)
    site.broken = {digest(files[number])[:8]: "This took too long." for number in (4, 27)}
    site.remedies = dict.fromkeys(site.broken, "retry")
    choose(page, files)
    expect_summary(page, "28 of 30 uploaded · all ready · 2 failed")
    for name in ("DSC_4.jpg", "DSC_27.jpg", "DSC_4.jpg"):
        page.get_by_role("button", name="Show failed").focus()
        page.keyboard.press("Enter")
        expect(row(page, name).first).to_be_focused()
        expect(row(page, name).first).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Retry DSC_4.jpg")).to_be_focused()


def test_retry_is_offered_only_where_it_can_help(page: Page, site: Site) -> None:
    files = photos(2)
    damaged, slow = (digest(file)[:8] for file in files)
    site.broken = {damaged: "This file is damaged.", slow: "This took too long."}
    site.remedies = {slow: "retry"}
    choose(page, files)
    expect_summary(page, "0 of 2 uploaded · 2 failed")
    reason = row(page, "DSC_0.jpg").locator(".verdict")
    expect(reason, "the name stands below it already").to_have_text("This file is damaged.")
    expect(page.get_by_role("button", name="Retry DSC_0.jpg")).to_be_hidden()
    expect(page.get_by_role("button", name="Retry DSC_1.jpg")).to_be_visible()
