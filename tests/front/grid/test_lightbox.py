"""Photos large, one after the other, in Chromium: the address, Back, keys, the end of a page, the words."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Route, expect
from playwright.sync_api import Page as Tab

from accounts.relations.relationship import Relationship
from photos.views.http.view_as import ViewAs
from tests.front.pages import CardOf, Page, Person, Somebody, Tile
from tests.front.stub_site import Site
from tests.front.test_elements import grid


def tiles(*numbers: int) -> list[Tile]:
    """Return tiles whose captions and addresses are their numbers."""
    return [Tile(pid=f"p{n}", url=f"/p/p{n}/", alt=f"Boat {n}", caption=f"Caption {n}") for n in numbers]


@pytest.fixture
def wall(page: Tab, site: Site) -> Tab:
    """A profile of five photos, with five more on its next page."""
    site.pages["/@alice/"] = grid(*tiles(0, 1, 2, 3, 4), next_url="/@alice/?before=p4")
    site.pages["/@alice/?before=p4"] = grid(*tiles(5, 6, 7, 8, 9), template="photos/grid/page_of_tiles.html")
    page.goto("/@alice/")
    return page


def lightbox(page: Tab) -> Locator:
    """Return the dialog."""
    return page.get_by_role("dialog", name="Photos, large")


def open_tile(page: Tab, number: int) -> None:
    """Click on a photo and wait until it stands large."""
    page.locator(f"[data-photo=p{number}] a").click()
    expect(lightbox(page)).to_be_visible()
    expect(page.locator(".pswp__words")).to_have_text(f"Caption {number}")
    expect(page).to_have_url(re.compile(f"/p/p{number}/$"))


def test_a_tile_opens_large_at_its_own_address_and_back_closes_it(wall: Tab) -> None:
    open_tile(wall, 1)
    expect(wall.get_by_role("link", name="Photo and comments")).to_have_attribute("href", "/p/p1/")
    assert wall.title() == "Caption 1 · Tessera"
    wall.go_back()
    expect(lightbox(wall)).to_have_count(0)
    expect(wall).to_have_url(re.compile("/@alice/$"))
    assert "Alice" in wall.title()
    wall.go_forward()
    expect(lightbox(wall)).to_be_visible()
    expect(wall.locator(".pswp__words")).to_have_text("Caption 1")


def test_keys_turn_the_pages_and_the_focus_returns_to_the_photo_that_was_seen_last(wall: Tab) -> None:
    wall.locator("[data-photo=p1] a").focus()
    wall.keyboard.press("Enter")
    expect(wall.locator(".pswp__words")).to_have_text("Caption 1")
    wall.wait_for_timeout(500)
    wall.keyboard.press("ArrowRight")
    expect(wall.locator(".pswp__words")).to_have_text("Caption 2")
    expect(wall).to_have_url(re.compile("/p/p2/$"))
    assert wall.evaluate("document.querySelector('main').inert")
    wall.keyboard.press("Escape")
    expect(lightbox(wall)).to_have_count(0)
    expect(wall.locator("[data-photo=p2] a")).to_be_focused()
    expect(wall).to_have_url(re.compile("/@alice/$"))
    assert not wall.evaluate("document.querySelector('main').inert")


def test_the_focus_stays_within_while_it_is_open(wall: Tab) -> None:
    open_tile(wall, 0)
    wall.wait_for_timeout(500)
    for _ in range(8):
        wall.keyboard.press("Tab")
        # Past the last button lies the browser's own; nothing of the page below.
        assert wall.evaluate("document.activeElement.matches('body, .pswp, .pswp *')")


def test_who_comes_near_the_end_gets_the_next_page_of_the_list(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(*tiles(*range(40)), next_url="/@alice/?before=p39")
    site.pages["/@alice/?before=p39"] = grid(*tiles(40, 41), template="photos/grid/page_of_tiles.html")
    page.set_viewport_size({"width": 390, "height": 300})
    page.goto("/@alice/")
    expect(page.locator(".tile")).to_have_count(40)
    open_tile(page, 39)
    expect(page.locator(".tile")).to_have_count(42)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Next photo").click()
    expect(page.locator(".pswp__words")).to_have_text("Caption 40")


def test_a_second_tap_while_it_is_on_its_way_opens_nothing_more(wall: Tab) -> None:
    def late(route: Route) -> None:
        wall.wait_for_timeout(600)
        route.fallback()

    wall.route("**/photoswipe.esm.min.js", late)
    wall.locator("[data-photo=p1] a").click()
    wall.locator("[data-photo=p1] a").click()
    wall.locator("[data-photo=p2] a").click()
    expect(lightbox(wall)).to_be_visible()
    wall.wait_for_timeout(600)
    expect(lightbox(wall)).to_have_count(1)
    expect(wall.locator(".pswp__words")).to_have_text("Caption 1")
    wall.keyboard.press("Escape")
    expect(lightbox(wall)).to_have_count(0)
    expect(wall).to_have_url(re.compile("/@alice/$"))
    assert not wall.evaluate("document.querySelector('main').inert")
    open_tile(wall, 2)


def test_neighbours_are_loaded_before_they_are_asked_for(page: Tab, site: Site) -> None:
    icon = "/static/img/touch-icon.png"
    shown = [
        Tile(
            pid=f"n{n}", url=f"/p/n{n}/", webp_srcset="", src=f"{icon}?small", jpeg_srcset=f"{icon}?n{n} 900w"
        )
        for n in range(6)
    ]
    site.pages["/@alice/"] = grid(*shown)
    asked: list[str] = []
    page.goto("/@alice/")
    page.on("request", lambda request: asked.append(request.url))
    page.locator("[data-photo=n1] a").click()
    expect(lightbox(page)).to_be_visible()
    page.wait_for_timeout(800)
    slides = page.evaluate(
        "[...document.querySelectorAll('.pswp__item img')].map((image) => image.currentSrc)"
    )
    assert {src.partition("?")[2] for src in slides} >= {"n0", "n1", "n2"}


def test_an_answer_of_the_feed_opens_too_and_names_its_author(page: Tab, site: Site) -> None:
    card = CardOf(pid="c1", url="/p/c1/", caption="Low tide", owner=Person(display_name="Bob"))
    site.pages["/"] = Page("photos/home/home.html", {"cards": [card]}, user=Somebody())
    page.goto("/")
    page.locator(".card .frame").click()
    expect(page.locator(".pswp__words")).to_have_text("Low tide — Bob")


def test_another_tab_is_still_a_tab(wall: Tab) -> None:
    with wall.context.expect_page() as opened:
        wall.locator("[data-photo=p1] a").click(modifiers=["Control"])
    opened.value.wait_for_url("**/p/p1/")
    opened.value.close()
    expect(lightbox(wall)).to_have_count(0)


def test_whoever_wants_no_motion_gets_none(wall: Tab) -> None:
    wall.emulate_media(reduced_motion="reduce")
    open_tile(wall, 1)
    assert (
        wall.evaluate("document.getAnimations().filter(({ playState }) => playState === 'running').length")
        == 0
    )


def test_a_photo_opens_as_a_page_where_the_lightbox_cannot_be_had(wall: Tab) -> None:
    wall.route("**/photoswipe.esm.min.js", lambda route: route.abort())
    wall.locator("[data-photo=p1] a").click()
    wall.wait_for_url("**/p/p1/")


def test_it_is_swiped_and_pinched_by_touch(page: Tab, site: Site) -> None:
    """What PhotoSwipe does with fingers is tested by PhotoSwipe; here, that nothing of ours is in their way."""
    site.pages["/@alice/"] = grid(*tiles(0, 1, 2))
    browser = page.context.browser
    assert browser
    phone = browser.new_page(
        base_url=site.url, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    phone.goto("/@alice/")
    phone.locator("[data-photo=p0] a").tap()
    expect(phone.locator(".pswp__words")).to_have_text("Caption 0")
    phone.wait_for_timeout(600)
    fingers = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        where = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    touch("touchStart", (320, 400))
    for x in range(300, 40, -40):
        touch("touchMove", (x, 400))
    touch("touchEnd")
    expect(phone.locator(".pswp__words")).to_have_text("Caption 1")
    phone.close()


def album(*tiles: Tile, next_url: str = "", template: str = "photos/album/album.html") -> Page:
    """Return an album of these tiles."""
    context = {
        "album": {"title": "Boats", "pid": "a1"},
        "owner": Person(),
        "view_as": ViewAs(Relationship.STRANGER, is_preview=False, address="/a/a1/"),
        "tiles": tiles,
        "next_url": next_url,
        "photo_count": 44,
        "is_public": True,
    }
    return Page(template, context, user=Somebody(), path="/a/a1/")


def test_an_album_is_turned_over_in_its_own_order(page: Tab, site: Site) -> None:
    site.pages["/a/a1/"] = album(*tiles(7, *range(20, 58), 3), next_url="?after=9")
    site.pages["/a/a1/?after=9"] = album(*tiles(9, 1), template="photos/grid/page_of_tiles.html")
    page.set_viewport_size({"width": 390, "height": 300})
    page.goto("/a/a1/")
    open_tile(page, 3)
    expect(page.locator(".tile")).to_have_count(42)
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Next photo").click()
    expect(page.locator(".pswp__words")).to_have_text("Caption 9")
    page.get_by_role("button", name="Previous photo").click()
    expect(page.locator(".pswp__words")).to_have_text("Caption 3")
    expect(page).to_have_url(re.compile("/p/p3/$"))


def test_who_looks_as_another_goes_on_as_that(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(*(replace(tile, url=f"{tile.url}?as=stranger") for tile in tiles(0, 1, 2)))
    page.goto("/@alice/")
    page.locator("[data-photo=p1] a").click()
    expect(page.locator(".pswp__words")).to_have_text("Caption 1")
    link = page.get_by_role("link", name="Photo and comments")
    expect(link).to_have_attribute("href", "/p/p1/?as=stranger")
    page.wait_for_timeout(500)
    page.keyboard.press("ArrowRight")
    expect(link).to_have_attribute("href", "/p/p2/?as=stranger")
    expect(page).to_have_url(re.compile(r"/p/p2/\?as=stranger$"))
    page.go_back()
    expect(lightbox(page)).to_have_count(0)
    page.go_forward()
    expect(page.locator(".pswp__words")).to_have_text("Caption 2")


def test_a_photo_that_failed_is_no_slide_and_its_link_leads_to_its_page(page: Tab, site: Site) -> None:
    failed = Tile(pid="f", url="/p/f/", state="failed", is_ready=False, is_failed=True, failure="Too small.")
    first, second = tiles(0, 1)
    site.pages["/@alice/"] = grid(first, failed, second, failed)
    page.goto("/@alice/")
    open_tile(page, 0)
    page.wait_for_timeout(500)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pswp__words")).to_have_text("Caption 1")
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_have_count(0)
    page.locator("[data-photo=f] a").first.click()
    page.wait_for_url("**/p/f/")
    assert page.evaluate("history.state") is None, "the link was followed as any other"


def test_a_photo_that_left_the_page_meanwhile_stops_nothing(wall: Tab) -> None:
    open_tile(wall, 4)
    wall.wait_for_timeout(500)
    wall.evaluate("document.querySelector('[data-photo=p4]').remove()")
    wall.evaluate("document.dispatchEvent(new CustomEvent('htmx:afterSwap'))")
    wall.keyboard.press("ArrowLeft")
    expect(wall.locator(".pswp__words")).to_have_text("Caption 3")


def test_an_error_of_ours_leads_to_the_page_and_is_reported(chromium: Browser, site: Site) -> None:
    site.pages["/@alice/"] = grid(*tiles(0, 1))
    tab = chromium.new_page(base_url=site.url)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    broken = "export default class { constructor() { throw new Error('broken'); } }"
    tab.route(
        "**/photoswipe.esm.min.js", lambda route: route.fulfill(body=broken, content_type="text/javascript")
    )
    tab.goto("/@alice/")
    tab.locator("[data-photo=p1] a").click()
    tab.wait_for_url("**/p/p1/")
    tab.close()
    assert errors == ["broken"]


def moving_wall(page: Tab, site: Site, *, motion: str = "/static/img/icon-192.png") -> None:
    first, second = tiles(0, 1)
    site.pages["/@alice/"] = grid(replace(first, motion=motion), second)
    page.goto("/@alice/")


def shown_large(page: Tab) -> str:
    """Return the end of the address of the picture that stands large."""
    current = ".pswp__item[aria-hidden=false] .pswp__img:not(.pswp__img--placeholder)"
    return str(page.locator(current).get_attribute("src")).rpartition("/")[2].partition("?")[0]


def test_a_photo_that_moves_does_so_large_until_it_is_paused(page: Tab, site: Site) -> None:
    moving_wall(page, site)
    expect(page.locator("[data-photo=p0] .moving")).to_have_text("Moving")
    expect(page.locator("[data-photo=p1] .moving")).to_have_count(0)
    open_tile(page, 0)
    assert shown_large(page) == "icon-192.png"
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert shown_large(page) == "touch-icon.png"
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pswp__words")).to_have_text("Caption 1")
    expect(page.get_by_role("button", name="Play")).to_be_hidden()


def test_where_motion_is_unwanted_a_photo_moves_only_when_it_is_played(page: Tab, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving_wall(page, site)
    open_tile(page, 0)
    assert shown_large(page) == "touch-icon.png"
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert shown_large(page) == "icon-192.png"
