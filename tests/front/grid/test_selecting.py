"""Selecting many photos and putting them in order, by mouse and by keyboard, in Chromium."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import Route, expect

from tests.front.pages import Page, Somebody, Tile
from tests.front.stub_site import Site
from tests.front.test_focus import COVERED

COUNT = 9

Sent = list[dict[str, list[str]]]
Arranging = tuple[Tab, list[dict[str, str]]]


@pytest.fixture
def selecting(page: Tab, site: Site) -> Tab:
    """Nine photos to be selected, in three rows of three."""
    tiles = [Tile(pid=f"p{number}", alt=f"Photo {number}") for number in range(COUNT)]
    context: dict[str, Any] = {"tiles": tiles, "total": COUNT, "back_url": "/@alice/", "levels": []}
    site.pages["/organise/"] = Page(
        "photos/organise/select.html", context, user=Somebody(), path="/organise/"
    )
    page.set_viewport_size({"width": 760, "height": 900})
    page.goto("/organise/")
    return page


def selected(tab: Tab) -> str:
    """Return the numbers of those that are ticked."""
    boxes = tab.locator(".pick > input").evaluate_all("all => all.map((box) => box.checked)")
    return "".join(str(number) for number, is_ticked in enumerate(boxes) if is_ticked)


def tile(tab: Tab, number: int) -> Any:
    return tab.locator(f"[data-photo=p{number}]")


def columns(tab: Tab) -> int:
    """Return how many tiles are in the first row."""
    tops = tab.locator(".pick").evaluate_all("all => all.map((each) => each.getBoundingClientRect().top)")
    return sum(top == tops[0] for top in tops)


def test_clicks_tick_and_shift_ticks_all_in_between(selecting: Tab) -> None:
    expect(selecting.get_by_role("status")).to_have_text("0 selected")
    tile(selecting, 1).click()
    assert selected(selecting) == "1"
    tile(selecting, 4).click(modifiers=["Shift"])
    assert selected(selecting) == "1234"
    expect(selecting.get_by_role("status")).to_have_text("4 selected")
    tile(selecting, 2).click()
    assert selected(selecting) == "134"


def drag(tab: Tab, *numbers: int) -> None:
    """Press on the first tile, pass the others, let go."""
    for place, number in enumerate(numbers):
        box = tile(tab, number).bounding_box()
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        if place == 0:
            tab.mouse.down()
    tab.mouse.up()


def test_dragging_ticks_what_lies_between_and_gives_back_what_it_leaves(selecting: Tab) -> None:
    drag(selecting, 1, 2, 5)
    assert selected(selecting) == "12345"
    drag(selecting, 5, 4)
    assert selected(selecting) == "123", "a drag that begins at a tick takes away"
    drag(selecting, 6, 8, 7)
    assert selected(selecting) == "12367"
    drag(selecting, 0, 1, 0)
    assert selected(selecting) == "012367"


def test_the_keyboard_does_all_of_it(selecting: Tab) -> None:
    tile(selecting, 0).locator("input").focus()
    for key in ("ArrowRight", "Space", "Shift+ArrowRight", "Shift+ArrowRight"):
        selecting.keyboard.press(key)
    assert selected(selecting) == "123"
    selecting.keyboard.press("ArrowLeft")
    selecting.keyboard.press("Space")
    assert selected(selecting) == "13"
    selecting.keyboard.press("ArrowDown")
    focused = selecting.evaluate("document.activeElement.value")
    assert focused == f"p{2 + columns(selecting)}"
    selecting.keyboard.press("Control+a")
    assert selected(selecting) == "012345678"
    selecting.keyboard.press("Escape")
    assert selected(selecting) == ""
    assert selecting.url.endswith("/organise/")
    selecting.keyboard.press("Escape")
    selecting.wait_for_url("**/@alice/")


def test_no_bar_lies_over_the_tick_that_has_the_focus(selecting: Tab) -> None:
    selecting.emulate_media(reduced_motion="reduce")
    selecting.set_viewport_size({"width": 500, "height": 480})
    tile(selecting, 0).locator("input").focus()
    for key in ["ArrowRight"] * (COUNT - 1) + ["ArrowLeft"] * (COUNT - 1):
        selecting.keyboard.press(key)
        assert not selecting.evaluate(COVERED), key


def test_the_tab_key_stops_once_in_the_grid(selecting: Tab) -> None:
    stops = selecting.locator(".pick > input").evaluate_all(
        "all => all.filter((box) => box.tabIndex === 0).length"
    )
    assert stops == 1
    tile(selecting, 3).locator("input").focus()
    selecting.keyboard.press("Tab")
    assert selecting.evaluate("document.activeElement.closest('.bar') !== null")


def posts(tab: Tab) -> Sent:
    """Answer what is posted from here on with a page of one word; return the list that collects it."""
    sent: Sent = []

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(parse_qs(route.request.post_data or "", keep_blank_values=True))
            route.fulfill(content_type="text/html", body="<p>Done</p>")
        else:
            route.fallback()

    tab.route("**/organise/", answer)
    return sent


def test_many_travel_as_one_field(selecting: Tab) -> None:
    sent = posts(selecting)
    tile(selecting, 1).click()
    tile(selecting, 3).click(modifiers=["Shift"])
    selecting.get_by_text("Tags", exact=True).first.click()
    selecting.get_by_label("Tags", exact=True).fill("fog")
    selecting.get_by_role("button", name="Add").click()
    expect(selecting.get_by_text("Done")).to_be_visible()
    assert (sent[0]["photo"], sent[0]["tags"], sent[0]["act"]) == (["p1,p2,p3"], ["fog"], ["tag"])


def test_who_sees_a_photo_stands_on_its_tile() -> None:
    context = {"tile": Tile(pid="7Gk", level="Only you")}
    assert "Only you" in Page("photos/organise/pick.html", context).render()
    in_the_trash = Page("photos/organise/pick.html", {**context, "note": 3}).render()
    assert "Only you" not in in_the_trash


@pytest.mark.parametrize(("menu", "field", "act"), [("Tags", "Tags", "tag"), ("Album", "A new album", "add")])
def test_enter_in_a_field_presses_the_button_below_it(
    selecting: Tab, menu: str, field: str, act: str
) -> None:
    sent = posts(selecting)
    tile(selecting, 1).click()
    selecting.get_by_text(menu, exact=True).first.click()
    selecting.get_by_label(field, exact=True).fill("fog")
    selecting.keyboard.press("Enter")
    expect(selecting.get_by_text("Done")).to_be_visible()
    assert sent[0]["act"] == [act]


def test_enter_on_a_tick_sends_nothing(selecting: Tab) -> None:
    sent = posts(selecting)
    for box in (tile(selecting, 1).locator("input"), selecting.locator("[name=everything]")):
        box.check()
        box.press("Enter")
        selecting.wait_for_timeout(200)
    assert sent == []


def test_without_a_script_enter_presses_a_button_that_does_nothing(selecting: Tab, site: Site) -> None:
    browser = selecting.context.browser
    assert browser
    plain = browser.new_page(base_url=site.url, java_script_enabled=False)
    sent = posts(plain)
    for where in ("#many-tags", "#many-title", "[data-photo=p2] input"):
        plain.goto("/organise/")
        if where.startswith("#"):
            plain.locator(".bar-act", has=plain.locator(where)).locator("summary").click()
        plain.locator(where).press("Enter")
        expect(plain.get_by_text("Done")).to_be_visible()
    assert [said["act"] for said in sent] == [[""]] * 3
    plain.close()


def test_a_menu_that_is_open_takes_escape_for_itself(selecting: Tab) -> None:
    tile(selecting, 1).click()
    selecting.get_by_role("button", name="your account").click()
    selecting.keyboard.press("Escape")
    expect(selecting.locator("#account-menu")).to_be_hidden()
    assert selected(selecting) == "1"
    selecting.keyboard.press("Escape")
    assert selected(selecting) == ""


def test_a_drag_that_ends_elsewhere_swallows_no_key(selecting: Tab) -> None:
    places = [tile(selecting, number).bounding_box() for number in (1, 2)]
    for at, place in enumerate(places):
        selecting.mouse.move(place["x"] + 40, place["y"] + 40, steps=4)
        if at == 0:
            selecting.mouse.down()
    selecting.mouse.move(5, 5, steps=4)
    selecting.mouse.up()
    assert selected(selecting) == "12"
    tile(selecting, 4).locator("input").focus()
    selecting.keyboard.press("Space")
    assert selected(selecting) == "124"


@pytest.fixture
def arranging(page: Tab, site: Site) -> Arranging:
    """Six photos of an album to be arranged, and what the site is told."""
    album = {"pid": "A", "title": "Norway", "get_absolute_url": "/a/A/"}
    places = [(Tile(pid=f"p{number}", alt=f"Photo {number}"), False) for number in range(6)]
    context: dict[str, Any] = {"album": album, "places": places, "is_first_page": True}
    path = "/a/A/arrange/"
    site.pages[path] = Page("photos/album/arrange.html", context, user=Somebody(), path=path)
    told: list[dict[str, str]] = []

    def answer(route: Route) -> None:
        lines = (route.request.post_data or "").split("\r\n")
        names = ("photo", "to", "before", "behind")
        told.append(
            {
                name: lines[at + 2]
                for at, line in enumerate(lines)
                for name in names
                if f'name="{name}"' in line
            }
        )
        route.fulfill(status=204)

    page.route("**/a/A/move/", answer)
    page.goto(path)
    return page, told


def arranged(tab: Tab) -> str:
    return "".join(
        tab.locator("[data-photo]").evaluate_all("all => all.map((each) => each.dataset.photo.slice(1))")
    )


def test_a_photo_is_dragged_to_its_place(arranging: Arranging) -> None:
    tab, told = arranging
    drag(tab, 4, 1)
    assert arranged(tab) == "041235"
    expect(tab.get_by_role("status")).to_have_text("Photo 4: now at place 2 of 6.")
    drag(tab, 0, 5)
    assert arranged(tab) == "412350"
    expect(tab.get_by_role("status")).to_have_text("Photo 0: now at place 6 of 6.")
    assert told == [{"photo": "p4", "before": "p1"}, {"photo": "p0", "behind": "p5"}]


def test_a_photo_is_moved_by_its_buttons_and_the_focus_stays(
    arranging: Arranging,
) -> None:
    tab, told = arranging
    later = tab.get_by_role("button", name="Move later: Photo 1")
    for place in (3, 4):
        later.press("Enter")
        expect(tab.get_by_role("status")).to_have_text(f"Photo 1: now at place {place} of 6.")
        expect(later).to_be_focused()
    tab.get_by_role("button", name="Move earlier: Photo 5").click()
    expect(tab.get_by_role("status")).to_have_text("Photo 5: now at place 5 of 6.")
    assert arranged(tab) == "023154"
    assert told == [{"photo": "p1", "to": "later"}] * 2 + [{"photo": "p5", "to": "earlier"}]


def test_quick_moves_are_told_one_after_the_other(arranging: Arranging) -> None:
    tab, told = arranging
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    tab.route("**/a/A/move/", hold)
    later = tab.get_by_role("button", name="Move later: Photo 1")
    for _ in range(3):
        later.press("Enter")
    assert arranged(tab) == "023415"
    for _ in range(3):
        while not waiting:
            tab.wait_for_timeout(20)
        tab.wait_for_timeout(100)
        assert len(waiting) == 1, "the next waits until this one is kept"
        waiting.pop().fallback()
    expect(tab.get_by_role("status")).to_have_text("Photo 1: now at place 5 of 6.")
    assert told == [{"photo": "p1", "to": "later"}] * 3


def test_whoever_is_signed_out_is_sent_to_sign_in_and_told_nothing_else(arranging: Arranging) -> None:
    tab, _ = arranging
    door = {"HX-Redirect": "/accounts/login/?next=/a/A/arrange/"}
    tab.route("**/a/A/move/", lambda route: route.fulfill(status=204, headers=door))
    said = tab.get_by_role("status").text_content()
    tab.get_by_role("button", name="Move later: Photo 1").press("Enter")
    tab.wait_for_url("**/accounts/login/?next=/a/A/arrange/")
    assert said == ""


def test_a_move_that_is_not_kept_is_said_to_everybody_and_the_page_loaded_again(arranging: Arranging) -> None:
    tab, told = arranging
    tab.route("**/a/A/move/", lambda route: route.fulfill(status=404))
    tab.get_by_role("button", name="Move later: Photo 1").press("Enter")
    tab.get_by_role("button", name="Move later: Photo 3").press("Enter")
    assert arranged(tab) == "021435"
    expect(tab.locator(".notice")).to_have_text("The change was not saved. The page is loaded again.")
    expect(tab.locator(".notice")).to_be_in_viewport()
    expect(tab.locator("[data-photo]").nth(1)).to_have_attribute("data-photo", "p1")
    assert arranged(tab) == "012345"
    assert told == []


def test_without_a_connection_the_page_waits_for_one(arranging: Arranging) -> None:
    tab, _ = arranging
    tab.route("**/a/A/move/", lambda route: route.abort())
    tab.context.set_offline(True)
    tab.get_by_role("button", name="Move later: Photo 1").press("Enter")
    expect(tab.locator(".notice")).to_be_visible()
    tab.wait_for_timeout(2000)
    assert arranged(tab) == "021345", "no server is there to load it from"
    tab.context.set_offline(False)
    expect(tab.locator("[data-photo]").nth(1)).to_have_attribute("data-photo", "p1")


def test_a_second_finger_puts_back_what_the_first_has_lifted(arranging: Arranging, site: Site) -> None:
    browser = arranging[0].context.browser
    assert browser
    phone = browser.new_page(
        base_url=site.url, has_touch=True, is_mobile=True, viewport={"width": 760, "height": 900}
    )
    told: list[str] = []
    phone.on("request", lambda request: told.append(request.url) if request.method == "POST" else None)
    phone.goto("/a/A/arrange/")
    places = [phone.locator(f"[data-photo=p{number}] .place-picture").bounding_box() for number in (1, 3, 0)]
    (first, over, second) = [(box["x"] + 30, box["y"] + 30) for box in places if box]
    fingers = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    touch("touchStart", first)
    phone.wait_for_timeout(500)
    touch("touchMove", over)
    assert arranged(phone) == "023145"
    touch("touchStart", over, second)
    expect(phone.locator(".is-lifted")).to_have_count(0)
    touch("touchMove", first, second)
    touch("touchEnd", second)
    touch("touchEnd")
    assert arranged(phone) == "012345"
    assert told == []
    phone.close()
