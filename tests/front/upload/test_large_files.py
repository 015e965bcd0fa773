"""Large photos go up in parts: what is stored is not sent again, whatever happens, in Chromium."""

from collections import Counter

from playwright.sync_api import FilePayload, Page, expect

from tests.front.stub_site import CUT, DROP, Site
from tests.front.upload.uploading import (
    assert_stored_whole,
    choose,
    digest,
    expect_all_ready,
    expect_step,
    photo,
    photos,
    row,
)

PARTS = 6
LARGE = 1_100_000  # five parts of the stub and a half


def large(name: str = "panorama.jpg") -> FilePayload:
    """Return a photo that goes up in parts."""
    return photo(name, LARGE)


def stop_after(site: Site, parts: int, file: FilePayload, page: Page) -> None:
    """Let so many parts through, and hold the next one."""
    site.hold_after = parts
    choose(page, [file])
    expect(row(page, str(file["name"]))).to_have_attribute("data-step", "sending")
    while len(site.got) <= parts:
        page.wait_for_timeout(20)


def sent_twice(site: Site) -> list[int]:
    """Return the numbers of the parts that came more than once."""
    times = Counter(number for _, number, _ in site.got)
    return [number for number, count in times.items() for _ in range(count - 1)]


def test_a_large_photo_goes_up_in_parts_and_arrives_whole(page: Page, site: Site) -> None:
    files = [large(), photo("small.jpg")]
    choose(page, files)
    expect_all_ready(page, 2)
    assert_stored_whole(site, files)
    numbers = [number for fingerprint, number, _ in site.got if fingerprint == digest(files[0])]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_two_parts_are_in_flight_at_most(page: Page, site: Site) -> None:
    site.hold.clear()
    choose(page, [large(f"panorama {number}.jpg") for number in range(3)])
    expect(page.locator(".upload[data-step=sending]")).to_have_count(3)
    page.wait_for_timeout(300)
    assert site.most_in_flight == 2
    site.hold.set()
    expect_all_ready(page, 3)
    assert site.most_in_flight == 2


def test_after_a_reload_it_goes_on_where_it_stopped_by_itself(page: Page, site: Site) -> None:
    stop_after(site, 3, large(), page)
    page.goto("about:blank")
    site.await_hang_up()
    site.hold.clear()
    page.goto("/upload/")
    expect(row(page, "panorama.jpg").locator(".says")).to_contain_text("resumed")
    site.hold.set()
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert sent_twice(site) == [4]


def test_a_lost_network_costs_one_part(page: Page, site: Site) -> None:
    stop_after(site, 2, large(), page)
    page.context.set_offline(True)
    site.forget_held()
    expect(row(page, "panorama.jpg").locator(".says")).to_have_text(
        "No connection. We continue when it is back."
    )
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert set(sent_twice(site)) == {3}  # by us once; Chromium itself may try again over a fresh connection


def test_faults_of_the_store_cost_the_part_they_hit(page: Page, site: Site) -> None:
    site.faults.update(part=[CUT, DROP, 503])
    choose(page, [large()])
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert len(site.got) <= PARTS + 2
    assert len(site.announced) == 1


def test_expired_addresses_of_parts_are_asked_for_again(page: Page, site: Site) -> None:
    stop_after(site, 2, large(), page)
    site.faults.update(part=[403])
    site.release()
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert (site.renewed, len(site.announced)) == (1, 1)
    assert sent_twice(site) == [3]


def test_a_part_that_got_lost_in_the_store_is_sent_again(page: Page, site: Site) -> None:
    site.loses = {4}
    choose(page, [large()])
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert sent_twice(site) == [4]


def test_progress_is_of_the_whole_file_and_never_goes_back(page: Page, site: Site) -> None:
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver(() => {
            const row = document.querySelector(".upload[data-step=sending]");
            if (row) seen.push(Number(row.style.getPropertyValue("--done")));
          }).observe(document.querySelector("[data-part=list]"), { attributes: true, subtree: true, childList: true });
        }"""
    )
    choose(page, [large()])
    expect_all_ready(page, 1)
    seen = page.evaluate("seen")
    assert seen == sorted(seen)
    assert seen[-1] <= 1
    assert len(set(seen)) >= PARTS


def test_a_paused_photo_keeps_its_parts_and_is_resumed_by_keyboard(page: Page, site: Site) -> None:
    stop_after(site, 3, large(), page)
    page.get_by_role("button", name="Pause panorama.jpg").focus()
    page.keyboard.press("Enter")
    expect_step(page, "panorama.jpg", "paused")
    expect(row(page, "panorama.jpg").locator(".says")).to_contain_text("Paused at")
    site.await_hang_up()
    page.wait_for_timeout(300)
    assert len(site.got) == 4
    expect(page.get_by_role("button", name="Resume panorama.jpg")).to_be_focused()
    page.keyboard.press("Enter")
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert sent_twice(site) == [4]


def test_all_are_paused_and_resumed_with_one_button(page: Page, site: Site) -> None:
    site.hold.clear()
    files = [large(), *photos(9)]
    choose(page, files)
    expect(page.locator(".upload[data-step=sending]")).to_have_count(3)
    page.get_by_role("button", name="Pause all").focus()
    page.keyboard.press("Space")
    expect(page.locator(".upload[data-step=paused]")).to_have_count(10)
    site.hold.set()
    page.wait_for_timeout(300)
    assert site.finished == []
    expect(page.get_by_role("button", name="Resume all")).to_be_focused()
    page.keyboard.press("Space")
    expect_all_ready(page, 10)
    assert_stored_whole(site, files)


def test_a_cancelled_large_photo_goes_on_after_all(page: Page, site: Site) -> None:
    stop_after(site, 3, large(), page)
    page.get_by_role("button", name="Cancel panorama.jpg").focus()
    page.keyboard.press("Enter")
    expect_step(page, "panorama.jpg", "cancelled")
    site.await_hang_up()
    expect(page.get_by_role("button", name="Retry panorama.jpg")).to_be_focused()
    page.wait_for_function(
        "() => performance.getEntriesByName(location.origin + '/api/uploads/cancel/').length === 1"
    )
    assert site.cancelled == [digest(large())], "its room is free, its parts are gone"
    page.keyboard.press("Enter")
    expect_all_ready(page, 1)
    assert_stored_whole(site, [large()])
    assert set(sent_twice(site)) >= {1, 2, 3}


def test_a_photo_that_waits_for_its_turn_gives_its_room_back_too(page: Page, site: Site) -> None:
    site.hold.clear()
    files = photos(6)
    choose(page, files)
    expect(page.locator(".upload[data-step=sending]")).to_have_count(3)
    page.get_by_role("button", name="Cancel DSC_5.jpg").click()
    expect_step(page, "DSC_5.jpg", "cancelled")
    site.hold.set()
    expect_all_ready(page, 5)
    announced = [file["sha256"] for files in site.announced for file in files]
    assert site.cancelled == [digest(files[5])] * (digest(files[5]) in announced)


def test_a_paused_photo_that_is_cancelled_gives_its_room_back(page: Page, site: Site) -> None:
    stop_after(site, 3, large(), page)
    page.get_by_role("button", name="Pause panorama.jpg").click()
    expect_step(page, "panorama.jpg", "paused")
    site.await_hang_up()
    page.get_by_role("button", name="Cancel panorama.jpg").click()
    expect_step(page, "panorama.jpg", "cancelled")
    page.wait_for_function(
        "() => performance.getEntriesByName(location.origin + '/api/uploads/cancel/').length === 1"
    )
    assert site.cancelled == [digest(large())]
