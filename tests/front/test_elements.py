"""The small elements that make finished pages livelier, in Chromium."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from tests.front.pages import Card, CardOf, Page, Person, Somebody, Tile
from tests.front.stub_site import Site

SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => { for (const { value } of list.getEntries()) window.shifts += value; })
  .observe({ type: "layout-shift", buffered: true });
"""


COUNTS = {"photo_count": 2, "follower_count": 1, "following_count": 0}


def grid(*tiles: Tile, next_url: str = "", template: str = "photos/profile/profile.html") -> Page:
    """Return a profile of these tiles."""
    context: dict[str, Any] = {
        "person": Person(),
        "tiles": tiles,
        "next_url": next_url,
        "is_self": True,
    } | COUNTS
    return Page(template, context, user=Somebody(), path="/@alice/")


def on_its_way(pid: str) -> Tile:
    """Return a tile that is being rendered."""
    return Tile(pid=pid, state="processing", is_ready=False)


def test_a_tile_turns_into_its_picture_without_a_reload_and_nothing_moves(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(Tile(pid="a"), on_its_way("b"), on_its_way("slow"), Tile(pid="c"))
    page.add_init_script(SHIFTS)
    page.goto("/@alice/")
    expect(page.locator("[data-photo=b] img")).to_have_count(1)
    expect(page.locator("[data-unsettled]")).to_have_attribute("data-photo", "slow")
    assert page.evaluate("shifts") == 0


def test_the_next_photos_come_before_their_reader_and_nothing_moves(page: Tab, site: Site) -> None:
    def tiles(first: int) -> list[Tile]:
        return [Tile(pid=f"p{number}") for number in range(first, first + 30)]

    site.pages["/@alice/"] = grid(*tiles(0), next_url="/@alice/?before=p29")
    site.pages["/@alice/?before=p29"] = grid(*tiles(30), template="photos/grid/page_of_tiles.html")
    page.add_init_script(SHIFTS)
    page.goto("/@alice/")
    for _ in range(10):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(50)
    expect(page.locator(".tile")).to_have_count(60)
    expect(page.get_by_role("link", name="More photos")).to_have_count(0)
    assert page.evaluate("shifts") == 0


def test_the_arrow_keys_go_to_the_neighbours(page: Tab, site: Site) -> None:
    photo = {"photo": Card(), "owner": Person(), "newer_url": "/p/newer/", "older_url": "/p/older/"}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", photo, user=Somebody(), path="/p/7Gk/")
    for key, address in (("ArrowLeft", "/p/newer/"), ("ArrowRight", "/p/older/")):
        page.goto("/p/7Gk/")
        page.keyboard.press(key)
        page.wait_for_url(f"**{address}")


def test_a_new_version_takes_the_place_of_the_old_without_a_reload_and_nothing_moves(
    page: Tab, site: Site
) -> None:
    def shown(src: str, *, is_revising: bool, template: str = "photos/photo/photo.html#picture") -> Page:
        photo = Card(src=src, jpeg_srcset="", webp_srcset="")
        context: dict[str, Any] = {"photo": photo, "owner": Person(), "is_revising": is_revising}
        return Page(template, context, user=Somebody(), path="/p/7Gk/")

    old, new = "/static/img/touch-icon.png", "/static/img/touch-icon.png?edited"
    site.pages["/p/7Gk/"] = shown(old, is_revising=True, template="photos/photo/photo.html")
    site.partials["/p/7Gk/"] = [shown(old, is_revising=True), shown(new, is_revising=False)]
    page.add_init_script(SHIFTS)
    page.goto("/p/7Gk/")
    expect(page.get_by_role("status")).to_have_text("Your edits are being applied")
    page.evaluate("window.isSamePage = true")
    expect(page.locator(".frame img")).to_have_attribute("src", f"{site.store}{new}")
    expect(page.get_by_role("status")).to_have_text("Your edits are applied.")
    assert page.evaluate("isSamePage && shifts === 0")
    assert site.partials["/p/7Gk/"] == []


def test_the_photo_stands_whole_in_the_window(page: Tab, site: Site) -> None:
    photo = {"photo": Card(width=2000, height=3000), "owner": Person()}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", photo, user=Somebody(), path="/p/7Gk/")
    for width, height in ((1440, 900), (390, 844), (844, 390)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/p/7Gk/")
        box = page.locator(".frame").bounding_box()
        assert box is not None
        assert box["height"] <= height
        assert abs(box["width"] / box["height"] - 2 / 3) < 0.01


def test_no_page_scrolls_sideways_on_a_small_phone(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(*(Tile(pid=f"p{number}") for number in range(9)))
    site.pages["/"] = Page("photos/home/landing.html")
    page.set_viewport_size({"width": 320, "height": 640})
    for address in ("/@alice/", "/", "/upload/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_one_word_of_sixty_letters_breaks_rather_than_the_page(page: Tab, site: Site) -> None:
    long = Person(username="w" * 30, display_name="W" * 60, bio="Donaudampfschifffahrt" * 14)
    card = Card(width=390, height=260, caption="M" * 300)
    shown = {
        "/@w/": Page(
            "photos/profile/profile.html", COUNTS | {"person": long, "can_follow": True}, user=Somebody()
        ),
        "/people/": Page("people/people.html", {"people": [long]}, user=Somebody()),
        "/p/7Gk/": Page("photos/photo/photo.html", {"photo": card, "owner": long}, user=Somebody()),
        "/": Page(
            "photos/home/home.html", {"cards": [CardOf(owner=long, caption="M" * 300)]}, user=Somebody()
        ),
    }
    site.pages.update(shown)
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        for address in shown:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)


@pytest.mark.parametrize(
    ("status", "words"), [(503, "temporarily unavailable"), (500, "on our side"), (429, "in a minute")]
)
def test_a_comment_that_was_not_taken_is_kept_and_said_to_be_unsent(
    page: Tab, site: Site, status: int, words: str
) -> None:
    context = {"photo": Card(), "owner": Person(), "can_talk": True, "is_latest": True}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", context, user=Somebody(), path="/p/7Gk/")
    page.route("**/p/7Gk/comment/", lambda route: route.fulfill(status=status, body="<h1>No</h1>"))
    page.goto("/p/7Gk/")
    page.get_by_label("Your comment").fill("What a ferry!")
    for _ in range(2):
        page.get_by_role("button", name="Post", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_label("Your comment")).to_have_value("What a ferry!")


def test_a_like_without_a_connection_says_so_until_it_works(page: Tab, site: Site) -> None:
    context = {"photo": Card(), "owner": Person(), "can_talk": True, "like_count": 0}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", context, user=Somebody(), path="/p/7Gk/")
    liked = Page(
        "photos/social/like_button.html",
        {"photo": Card(), "is_liked": True, "like_count": 1},
        user=Somebody(),
    )
    page.goto("/p/7Gk/")
    page.route("**/p/7Gk/like/", lambda route: route.abort())
    page.get_by_role("button", name="Like").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    page.unroute("**/p/7Gk/like/")
    page.route("**/p/7Gk/like/", lambda route: route.fulfill(content_type="text/html", body=liked.render()))
    page.get_by_role("button", name="Like").click()
    expect(page.get_by_text("You like this")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/Los_Angeles"])
def test_the_site_is_told_in_which_zone_its_reader_lives(zone: str, chromium: Browser, site: Site) -> None:
    tab = chromium.new_page(base_url=site.url, timezone_id=zone)
    tab.goto("/@alice/")
    expect(tab.locator("main")).to_be_visible()
    tab.wait_for_function("document.cookie.includes('zone=')")
    (cookie,) = [each for each in tab.context.cookies() if each["name"] == "zone"]
    assert (cookie["value"], cookie["path"], cookie["sameSite"]) == (zone, "/", "Lax")
    tab.close()


def test_the_account_menu_is_scrolled_where_it_is_longer_than_the_window(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(Tile())
    page.set_viewport_size({"width": 568, "height": 320})
    page.goto("/@alice/")
    page.get_by_role("button", name="your account").click()
    page.mouse.move(500, 200)
    page.mouse.wheel(0, 2000)
    expect(page.get_by_role("link", name="Sign out")).to_be_in_viewport(ratio=1)
    menu = page.locator("#account-menu").bounding_box()
    assert menu
    assert menu["y"] + menu["height"] <= 320


def test_nothing_lies_behind_the_notch_of_a_phone_on_its_side(page: Tab, site: Site) -> None:
    site.pages["/@alice/"] = grid(*(Tile(pid=f"p{number}") for number in range(9)))
    insets = {"left": 59, "right": 59, "bottom": 21}
    page.context.new_cdp_session(page).send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    page.set_viewport_size({"width": 844, "height": 390})
    page.goto("/@alice/")
    for part in (
        page.locator(".brand"),
        page.locator(".tile").first,
        page.locator(".foot span").first,
    ):
        box = part.bounding_box()
        assert box
        assert box["x"] >= 59, part
    assert page.evaluate("document.documentElement.scrollWidth") == 844


def test_an_error_in_the_script_of_a_waiting_tile_is_reported(chromium: Browser, site: Site) -> None:
    site.pages["/@alice/"] = grid(on_its_way("b"))
    tab = chromium.new_page(base_url=site.url)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto("/@alice/")
    with tab.expect_event("pageerror"):
        tab.evaluate("void (Element.prototype.replaceWith = () => { throw new Error('broken'); })")
    tab.close()
    assert errors == ["broken"]


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("state", ["failed", "processing"])
def test_the_page_of_a_photo_without_a_picture_is_not_blank(
    page: Tab, site: Site, width: int, state: str
) -> None:
    photo = Card(state=state, is_ready=False)
    if state == "failed":
        why = "The end of this picture is missing."
        photo = replace(photo, is_failed=True, failure=why, filename="IMG_7.jpg")
    context = {"photo": photo, "owner": Person(), "is_owner": True}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", context, user=Somebody(), path="/p/7Gk/")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/p/7Gk/")
    words = ["IMG_7.jpg", "The end of this picture is missing."] if state == "failed" else ["Getting ready"]
    for each in words:
        box = page.locator(".stage").get_by_text(each, exact=True).bounding_box()
        assert box, each
        assert min(box["width"], box["height"]) > 10
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    is_failed = state == "failed"
    expect(page.get_by_role("link", name="Choose it again")).to_have_count(int(is_failed))
    expect(page.get_by_role("link", name="Share")).to_have_count(int(not is_failed))


@pytest.mark.parametrize("wish", ["no-preference", "reduce"])
def test_the_page_of_a_photo_that_moves_has_a_button_that_stops_and_starts_it(
    page: Tab, site: Site, wish: Any
) -> None:
    photo = Card(motion="/static/img/icon-192.png")
    context = {"photo": photo, "owner": Person()}
    site.pages["/p/7Gk/"] = Page("photos/photo/photo.html", context, user=Somebody(), path="/p/7Gk/")
    page.emulate_media(reduced_motion=wish)
    page.goto("/p/7Gk/")
    moves = "document.querySelector('photo-motion img').currentSrc.includes('icon-192')"
    first, then = ("Pause", "Play") if wish == "no-preference" else ("Play", "Pause")
    button = page.locator("photo-motion button")
    for label in (first, then, first):
        expect(button).to_have_text(label)
        page.wait_for_function(f"{moves} === {'true' if label == 'Pause' else 'false'}")
        button.click()
