"""Photos go on up while their owner looks around, in Chromium."""

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests.front.pages import Page as Rendered
from tests.front.pages import Somebody
from tests.front.stub_site import Site
from tests.front.upload.test_large_files import large, sent_twice, stop_after
from tests.front.upload.uploading import (
    assert_stored_whole,
    choose,
    digest,
    expect_all_ready,
    expect_step,
    photo,
    photos,
)


@pytest.fixture(autouse=True)
def places(site: Site) -> None:
    """Pages to go on to."""
    site.pages["/people/"] = Rendered("people/people.html", user=Somebody(), path="/people/")
    site.pages["/@bob/"] = Rendered("people/people.html", user=Somebody(pk=8, username="bob"), path="/@bob/")


def go_on(page: Page, name: str = "People") -> None:
    """Follow a link in the head of the page."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(f"**/{name.lower()}/")


def tray(page: Page) -> Locator:
    """Return what says how the photos are doing."""
    return page.get_by_role("region", name="Photos being uploaded")


def expect_tray(page: Page, words: str) -> None:
    """Wait until the tray says so."""
    expect(tray(page).locator("[data-part=words]")).to_have_text(words, timeout=20_000)


def hearing(page: Page) -> list[str]:
    """Return the questions that the browser asks from now on; each is answered with yes."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    return asked


def start(page: Page, site: Site, count: int) -> None:
    """Choose so many photos for oneself, of which none arrives yet."""
    site.hold.clear()
    page.get_by_text("Only me").click()
    choose(page, photos(count))
    expect(page.locator(".upload[data-step=sending]")).to_have_count(3)
    expect(page.locator(".upload[data-step=queued]")).to_have_count(count - 3)


def test_photos_go_on_on_the_next_page_and_on_the_one_after_it(page: Page, site: Site) -> None:
    asked = hearing(page)
    start(page, site, 8)
    go_on(page)
    expect_tray(page, "0 of 8 uploaded")
    site.pages["/"] = site.pages["/people/"]
    page.goto("/")
    expect_tray(page, "0 of 8 uploaded")
    site.hold.set()
    expect_tray(page, "All 8 uploaded")
    expect(tray(page).get_by_role("status")).to_have_text("All 8 uploaded")
    assert_stored_whole(site, photos(8))
    assert {file["visibility"] for file in site.finished} == {"private"}
    assert asked == ["beforeunload"], (
        "a link of ours is no question; an address that is typed may lead anywhere"
    )
    tray(page).get_by_role("button", name="Close").click()
    expect(tray(page)).to_be_hidden()
    go_on(page)
    page.wait_for_timeout(300)
    expect(tray(page)).to_be_hidden()


def test_back_on_the_upload_page_they_are_there_and_nothing_is_read_again(page: Page, site: Site) -> None:
    start(page, site, 5)
    go_on(page)
    expect_tray(page, "0 of 5 uploaded")
    assert page.workers == [], "their fingerprints are known"
    tray(page).get_by_role("link").click()
    expect(page.locator(".upload")).to_have_count(5)
    site.hold.set()
    expect_all_ready(page, 5)
    assert page.workers == []
    assert_stored_whole(site, photos(5))


def test_what_earlier_pages_sent_counts_too(page: Page, site: Site) -> None:
    start(page, site, 6)
    page.get_by_role("button", name="Pause DSC_4.jpg").click()
    page.get_by_role("button", name="Pause DSC_5.jpg").click()
    site.hold.set()
    expect(page.locator(".upload[data-step=ready]")).to_have_count(4)
    go_on(page)
    expect_tray(page, "4 of 6 uploaded · 2 paused")
    tray(page).get_by_role("button", name="Resume all").click()
    expect_tray(page, "All 6 uploaded")
    page.goto("/upload/")
    choose(page, photos(7)[6:])
    expect_all_ready(page, 1)
    go_on(page)
    page.wait_for_timeout(300)
    expect(tray(page)).to_be_hidden()


def test_a_photo_that_cannot_be_rendered_is_pointed_out_and_its_reason_is_among_the_failed(
    page: Page, site: Site
) -> None:
    start(page, site, 4)
    broken = digest(photos(4)[2])[:8]
    site.broken = {broken: "This file is damaged."}
    go_on(page)
    expect_tray(page, "0 of 4 uploaded")
    site.hold.set()
    expect_tray(page, "3 of 4 uploaded · 1 failed")
    assert (tray(page).get_by_role("link").get_attribute("href") or "").endswith("/@alice/?failed=1")


def test_a_failure_that_no_page_heard_of_is_told_by_the_next_and_nothing_is_announced_again(
    page: Page, site: Site
) -> None:
    files = photos(3)
    site.broken = {digest(files[1])[:8]: "This file is damaged."}
    site.faults["finished"] = [503] * 3
    choose(page, files)
    while len(site.finished) < 3:
        page.wait_for_timeout(20)
    go_on(page)
    expect_tray(page, "2 of 3 uploaded · 1 failed")
    assert sum(map(len, site.announced)) == 3
    assert len(site.got) == 3
    assert_stored_whole(site, files)


def test_what_has_arrived_is_not_sent_again_though_its_page_was_left_at_once(page: Page, site: Site) -> None:
    page.evaluate(
        "() => { IDBObjectStore.prototype.delete = () => { throw new Error('the page is gone'); }; }"
    )
    choose(page, photos(3))
    expect_all_ready(page, 3)
    go_on(page)
    page.wait_for_timeout(500)
    expect(tray(page)).to_be_hidden()
    assert [
        key for key in page.evaluate("Object.keys(sessionStorage)") if key.startswith("tessera-upload:")
    ] == []
    assert len(site.got) == 3


def test_a_large_photo_goes_on_where_it_stopped(page: Page, site: Site) -> None:
    stop_after(site, 3, large(), page)
    go_on(page)
    site.await_hang_up()
    expect_tray(page, "Uploaded")
    assert_stored_whole(site, [large()])
    assert sent_twice(site) == [4]


def test_what_was_paused_stays_paused_until_it_is_resumed_by_keyboard(page: Page, site: Site) -> None:
    start(page, site, 4)
    page.get_by_role("button", name="Pause all").click()
    expect(page.locator(".upload[data-step=paused]")).to_have_count(4)
    site.hold.set()
    go_on(page)
    expect_tray(page, "0 of 4 uploaded · 4 paused")
    page.wait_for_timeout(300)
    assert site.finished == []
    tray(page).get_by_role("link").click()
    expect_step(page, "DSC_2.jpg", "paused")
    go_on(page)
    tray(page).get_by_role("button", name="Resume all").focus()
    page.keyboard.press("Enter")
    expect_tray(page, "All 4 uploaded")
    assert_stored_whole(site, photos(4))


def test_pausing_from_the_tray_leaves_the_keyboard_where_it_was(page: Page, site: Site) -> None:
    start(page, site, 4)
    go_on(page)
    expect_tray(page, "0 of 4 uploaded")
    tray(page).get_by_role("button", name="Pause all").focus()
    page.keyboard.press("Enter")
    expect_tray(page, "0 of 4 uploaded · 4 paused")
    expect(tray(page).get_by_role("button", name="Resume all")).to_be_focused()
    site.hold.set()
    page.keyboard.press("Enter")
    expect_tray(page, "All 4 uploaded")


def test_one_that_fails_is_pointed_out_and_found_where_the_tray_leads(page: Page, site: Site) -> None:
    site.room_bytes = 10
    choose(page, [photo("late.jpg")])
    expect_step(page, "late.jpg", "failed")
    go_on(page)
    expect_tray(page, "0 of 1 uploaded · 1 failed")
    tray(page).get_by_role("link").click()
    expect_step(page, "late.jpg", "failed")
    expect(page.locator(".upload .verdict")).to_contain_text("You have no storage left for this photo.")


def test_a_description_that_was_written_meanwhile_arrives_with_its_photo(page: Page, site: Site) -> None:
    start(page, site, 4)
    page.get_by_role("textbox", name="Alt text of DSC_3.jpg").fill("A ferry in fog")
    page.get_by_role("textbox", name="Alt text of DSC_3.jpg").press("Tab")
    go_on(page)
    expect_tray(page, "0 of 4 uploaded")
    with page.expect_request("**/p/*/caption/") as said:
        site.hold.set()
    assert said.value.post_data == "alt=A+ferry+in+fog"
    assert f"/p/{digest(photos(4)[3])[:8]}/" in said.value.url


def test_somebody_else_at_this_browser_does_not_send_them(page: Page, site: Site) -> None:
    hearing(page)
    start(page, site, 4)
    page.goto("/@bob/")
    site.hold.set()
    page.wait_for_timeout(500)
    expect(tray(page)).to_be_hidden()
    go_on(page)
    expect_tray(page, "All 4 uploaded")


def test_whoever_uploads_nothing_gets_neither_scripts_nor_a_database(chromium: Browser, site: Site) -> None:
    tab = chromium.new_page(base_url=site.url)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto("/people/")
    tab.wait_for_timeout(300)
    assert any("upload-tray.js" in url for url in asked)
    assert not any("tray-upload.js" in url or "queue.js" in url for url in asked)
    assert tab.evaluate("indexedDB.databases()") == []
    tab.close()
