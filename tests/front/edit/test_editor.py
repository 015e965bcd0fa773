"""The photo editor in Chromium: that it shows what the server will make, and what one can do with it."""

import base64
import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Route, expect
from playwright.sync_api import Page as Tab

from photos.imaging.edits import Edits
from tests.chromium import FLAGS, Driver
from tests.front.edit.editing import (
    DRAW,
    EDIT,
    PHOTO,
    RECIPES,
    SAVE,
    answering,
    box,
    drag,
    edit_page,
    opened,
    picture,
    saved,
    shown,
    slide,
)
from tests.front.stub_site import Site

WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


@pytest.fixture(scope="module")
def browsers(driver: Driver) -> Iterator[dict[str, Browser]]:
    """A browser with WebGL, drawn by the processor, and one without any."""
    kinds = {
        "webgl": [flag for flag in FLAGS if flag != "--disable-gpu"] + WEBGL,
        "canvas": [*FLAGS, "--disable-3d-apis"],
    }
    with driver.listening():
        started = {kind: driver.launch(flags) for kind, flags in kinds.items()}
        yield started
        for browser in started.values():
            browser.close()


@pytest.fixture
def chromium(browsers: dict[str, Browser]) -> Browser:
    """The browser of the `page` fixture."""
    return browsers["webgl"]


@pytest.fixture
def editor(page: Tab, site: Site) -> Tab:
    """The editor of an untouched photo."""
    return opened(page, site)


@pytest.mark.parametrize(
    ("kind", "painter"),
    [
        ("webgl", ("tessera/edit/webgl-painter", "GlPainter")),
        ("canvas", ("tessera/edit/canvas-painter", "CanvasPainter")),
    ],
)
def test_the_browser_shows_what_the_server_makes(
    browsers: dict[str, Browser], site: Site, kind: str, painter: tuple[str, str]
) -> None:
    tab = opened(browsers[kind].new_page(base_url=site.url), site)
    for name, recipe in RECIPES.items():
        edits = Edits.parse(recipe)
        found = tab.evaluate(DRAW, [*painter, edits.as_object()])
        drawn = Image.open(io.BytesIO(base64.b64decode(found.partition(",")[2]))).convert("RGB")
        made = edits.apply(picture())
        assert drawn.size == made.size, name
        difference = np.abs(np.asarray(drawn, np.int16) - np.asarray(made, np.int16))
        assert difference.mean() <= 1, name
        assert np.percentile(difference, 95) <= 3, name
    tab.close()


def test_without_webgl_the_stage_is_drawn_all_the_same(browsers: dict[str, Browser], site: Site) -> None:
    tab = opened(browsers["canvas"].new_page(base_url=site.url), site)
    before = shown(tab)
    tab.get_by_role("tab", name="Adjust").click()
    slide(tab, "Exposure", 1)
    assert shown(tab) != before
    tab.close()


def test_a_lost_graphics_card_is_replaced_without_a_word(editor: Tab) -> None:
    canvas = "document.querySelector('.editor-frame > canvas')"
    editor.evaluate(f"{canvas}.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()")
    editor.wait_for_function(f"() => {canvas}.getContext('2d', {{ willReadFrequently: true }}) !== null")
    before = shown(editor)
    slide(editor, "Warmth", 1)
    assert shown(editor) != before


def test_every_slider_changes_the_picture_and_is_saved(editor: Tab) -> None:
    editor.get_by_role("tab", name="Adjust").click()
    seen = [shown(editor)]
    for name, value in {
        "Exposure": 0.5,
        "Contrast": 0.2,
        "Saturation": -0.3,
        "Warmth": 0.4,
        "Sharpen": 0.6,
    }.items():
        slide(editor, name, value)
        seen.append(shown(editor))
    assert len(set(seen)) == 6
    assert saved(editor) == {
        "exposure": 0.5,
        "contrast": 0.2,
        "saturation": -0.3,
        "warmth": 0.4,
        "sharpen": 0.6,
    }


def test_undo_and_redo_go_through_every_step(editor: Tab) -> None:
    editor.get_by_role("tab", name="Adjust").click()
    first = shown(editor)
    slide(editor, "Exposure", 0.5)
    second = shown(editor)
    slide(editor, "Contrast", 0.5)
    editor.keyboard.press("Control+z")
    assert shown(editor) == second
    editor.get_by_role("button", name="Undo").click()
    assert shown(editor) == first
    expect(editor.get_by_role("button", name="Undo")).to_be_disabled()
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    editor.keyboard.press("Control+Shift+z")
    assert shown(editor) == second
    assert saved(editor) == {"exposure": 0.5}


def test_a_button_that_can_do_no_more_keeps_the_focus(editor: Tab) -> None:
    editor.get_by_role("tab", name="Adjust").click()
    slide(editor, "Exposure", 0.5)
    for name in ("Undo", "Redo", "Undo", "Redo", "Original"):
        button = editor.get_by_role("button", name=name, exact=True)
        button.press("Enter")
        expect(button).to_be_focused()
        expect(button).to_be_disabled()
    button.press("Enter")
    expect(editor.get_by_role("status")).to_have_text("Back to the original. Save to keep it.")
    editor.keyboard.press("Control+z")
    editor.get_by_role("button", name="Put exposure back").press("Enter")
    expect(editor.get_by_label("Exposure", exact=True)).to_be_focused()


def test_saving_twice_is_saving_once(editor: Tab) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    editor.route(f"**{SAVE}", hold)
    editor.get_by_role("button", name="Flip").click()
    editor.get_by_role("button", name="Save").dblclick()
    editor.wait_for_timeout(300)
    assert len(waiting) == 1
    waiting[0].fulfill(status=202, json={"photo_url": PHOTO})
    editor.wait_for_url(f"**{PHOTO}")


def test_keys_on_a_handle_of_the_crop_do_not_show_the_photo_before(editor: Tab) -> None:
    for key in ("Space", "Enter"):
        editor.get_by_role("button", name="Upper left corner").focus()
        editor.keyboard.down(key)
        expect(editor.locator(".crop")).to_be_visible()
        expect(editor.get_by_role("button", name="Upper left corner")).to_be_focused()
        editor.keyboard.up(key)


def test_the_crop_says_in_words_how_it_is_used(editor: Tab) -> None:
    expect(editor.get_by_role("group", name="Crop: move the frame, its sides and corners")).to_be_visible()


def test_in_a_window_too_low_for_everything_the_page_is_scrolled(editor: Tab) -> None:
    editor.set_viewport_size({"width": 320, "height": 256})
    for name, part in (("Crop", "Flip"), ("Adjust", "Sharpen"), ("Looks", "Basalt")):
        editor.get_by_role("tab", name=name).click()
        expect(editor.get_by_role("tab", name=name)).to_be_in_viewport(ratio=1)
        last = editor.locator(".editor-panel :is(button, label)", has_text=part)
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport(ratio=1)
    assert editor.evaluate("document.documentElement.scrollWidth") == 320
    assert box(editor.locator(".editor-frame"))["width"] >= 80


def test_a_value_is_put_back_by_its_button(editor: Tab) -> None:
    editor.get_by_role("tab", name="Adjust").click()
    slide(editor, "Warmth", 0.3)
    editor.get_by_role("button", name="Put warmth back, now +30").click()
    expect(editor.get_by_label("Warmth", exact=True)).to_have_value("0")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()


def test_a_crop_is_dragged_by_its_corner(editor: Tab) -> None:
    frame = box(editor.locator(".editor-frame"))
    drag(editor, editor.locator("[data-edge=se]"), -frame["width"] / 4, -frame["height"] / 2)
    x, y, width, height = saved(editor)["crop"]
    assert (x, y) == (0, 0)
    assert (width, height) == pytest.approx((0.75, 0.5), abs=0.01)


def test_a_crop_is_moved_as_a_whole_and_stays_inside(editor: Tab) -> None:
    editor.get_by_role("radio", name="1:1").check()
    drag(editor, editor.locator("[data-edge=move]"), 900, 0)
    assert saved(editor)["crop"] == [0.25, 0, 0.75, 1]


def test_the_arrow_keys_move_a_corner(editor: Tab) -> None:
    editor.get_by_role("button", name="Upper left corner").focus()
    for key in ["ArrowRight"] * 3 + ["Shift+ArrowDown"]:
        editor.keyboard.press(key)
    expect(editor.get_by_role("status")).to_have_text("97 % of the width and 95 % of the height are kept.")
    editor.keyboard.press("Control+z")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()


@pytest.mark.parametrize(
    ("label", "ratio"), [("Original", 4 / 3), ("1:1", 1), ("4:5", 0.8), ("3:2", 1.5), ("16:9", 16 / 9)]
)
def test_a_fixed_ratio_holds_while_dragging(editor: Tab, label: str, ratio: float) -> None:
    editor.get_by_role("radio", name=label, exact=True).check()
    drag(editor, editor.locator("[data-edge=nw]"), 60, 20)
    drag(editor, editor.locator("[data-edge=e]"), -30, 0)
    _, _, width, height = saved(editor)["crop"]
    assert width * 4 / 3 / height == pytest.approx(ratio, rel=0.01)


def test_a_ratio_can_stand_upright(editor: Tab) -> None:
    editor.get_by_role("radio", name="3:2", exact=True).check()
    editor.get_by_role("button", name="Portrait or landscape").click()
    expect(editor.locator(".ratios").get_by_text("2:3", exact=True)).to_be_visible()
    _, _, width, height = saved(editor)["crop"]
    assert width * 4 / 3 / height == pytest.approx(2 / 3, rel=0.01)


def test_turning_takes_the_crop_along(editor: Tab) -> None:
    frame = box(editor.locator(".editor-frame"))
    drag(editor, editor.locator("[data-edge=e]"), -frame["width"] / 2, 0)
    editor.get_by_role("button", name="Turn right").click()
    edits = saved(editor)
    assert edits["turns"] == 1
    assert edits["crop"] == pytest.approx([0, 0, 1, 0.5], abs=0.01)


def test_four_turns_and_two_flips_are_nothing(editor: Tab) -> None:
    for name in ["Turn left"] * 4 + ["Flip"] * 2:
        editor.get_by_role("button", name=name).click()
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()


def test_the_arrow_keys_straighten_by_a_tenth(editor: Tab) -> None:
    editor.get_by_label("Straighten", exact=True).focus()
    for _ in range(3):
        editor.keyboard.press("ArrowRight")
    expect(editor.get_by_label("Straighten", exact=True)).to_have_attribute("aria-valuetext", "+0.3°")
    assert saved(editor) == {"straighten_degrees": 0.3}


def test_looks_are_shown_small_and_chosen_by_name(editor: Tab) -> None:
    editor.get_by_role("tab", name="Looks").click()
    little = editor.evaluate(
        "[...document.querySelectorAll('.looks canvas')].map((each) => each.toDataURL())"
    )
    assert len(set(little)) == 7
    editor.get_by_role("radio", name="Basalt").check()
    assert saved(editor) == {"look": "basalt"}


def test_holding_shows_the_photo_before(editor: Tab) -> None:
    editor.get_by_role("tab", name="Adjust").click()
    before = shown(editor)
    slide(editor, "Exposure", 1)
    after = shown(editor)
    place = box(editor.get_by_role("button", name="Hold to see"))
    editor.mouse.move(place["x"] + 9, place["y"] + 9)
    editor.mouse.down()
    assert shown(editor) == before
    editor.mouse.up()
    assert shown(editor) == after
    editor.get_by_role("button", name="Hold to see").focus()
    editor.keyboard.down("Space")
    assert shown(editor) == before
    editor.keyboard.up("Space")
    assert shown(editor) == after


def test_what_was_saved_is_where_one_goes_on(page: Tab, site: Site) -> None:
    editor = opened(page, site, {"turns": 1, "exposure": 0.4, "look": "gilt", "crop": [0, 0, 0.5, 1]})
    expect(editor.get_by_label("Exposure", exact=True)).to_have_value("0.4")
    expect(editor.get_by_role("button", name="Save")).to_be_disabled()
    editor.get_by_role("button", name="Original", exact=True).click()
    assert saved(editor) == {}


def test_a_restart_costs_only_time(editor: Tab) -> None:
    requests = answering(editor, (503, {}), (202, {"photo_url": PHOTO}))
    editor.get_by_role("button", name="Flip").click()
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("alert")).to_contain_text("temporarily unavailable")
    editor.wait_for_url(f"**{PHOTO}")
    assert len(requests) == 2


def test_a_refusal_comes_with_its_sentence_and_loses_nothing(editor: Tab) -> None:
    answering(editor, (422, {"error": {"code": "bad_edits", "message": "There is no such look."}}))
    editor.get_by_role("button", name="Flip").click()
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("alert")).to_contain_text("There is no such look.")
    expect(editor.get_by_role("link", name="Sign in")).to_be_hidden()
    expect(editor.get_by_role("button", name="Save")).to_be_enabled()


def test_who_is_signed_out_can_sign_in_beside_it(editor: Tab) -> None:
    answering(editor, (403, {}))
    editor.get_by_role("button", name="Flip").click()
    editor.get_by_role("button", name="Save").click()
    expect(editor.get_by_role("link", name="Sign in, then save again")).to_have_attribute("target", "_blank")


def test_leaving_asks_only_when_there_is_something_to_lose(editor: Tab) -> None:
    editor.get_by_role("button", name="Flip").click()
    editor.get_by_role("button", name="Cancel").click()
    expect(editor.get_by_role("dialog")).to_be_visible()
    editor.get_by_role("button", name="Keep editing").click()
    expect(editor.get_by_role("dialog")).to_be_hidden()
    editor.get_by_role("button", name="Undo").click()
    editor.get_by_role("button", name="Cancel").click()
    editor.wait_for_url(f"**{PHOTO}")


def test_the_tabs_are_gone_through_with_the_arrow_keys(editor: Tab) -> None:
    editor.get_by_role("tab", name="Crop").focus()
    for name in ("Adjust", "Looks", "Crop"):
        editor.keyboard.press("ArrowRight")
        expect(editor.get_by_role("tab", name=name)).to_be_focused()
        expect(editor.get_by_role("tabpanel", name=name)).to_be_visible()


def test_a_photo_that_does_not_load_is_said(page: Tab, site: Site) -> None:
    site.pages[EDIT] = edit_page(site)
    page.route("**/pub/base.png", lambda route: route.abort())
    page.goto(EDIT)
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")


def test_without_javascript_the_page_says_so(browsers: dict[str, Browser], site: Site) -> None:
    site.pages[EDIT] = edit_page(site)
    tab = browsers["webgl"].new_page(base_url=site.url, java_script_enabled=False)
    tab.goto(EDIT)
    expect(tab.get_by_role("heading", name="Editing needs JavaScript")).to_be_visible()
    expect(tab.get_by_role("link", name="Back to the photo")).to_have_attribute("href", PHOTO)
    expect(tab.get_by_role("button", name="Save")).to_be_hidden()
    tab.close()


@pytest.mark.parametrize("size", [(1440, 900), (390, 844), (320, 568), (844, 390), (568, 320)], ids=str)
def test_everything_is_in_the_window_and_large_enough_for_a_finger(
    editor: Tab, size: tuple[int, int]
) -> None:
    editor.set_viewport_size({"width": size[0], "height": size[1]})
    for name in ("Crop", "Adjust", "Looks"):
        editor.get_by_role("tab", name=name).click()
        save = box(editor.get_by_role("button", name="Save"))
        assert save["x"] + save["width"] <= size[0]
        root = editor.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert root == list(size)
        stage = box(editor.locator(".editor-frame"))
        assert stage["width"] >= 80
        assert stage["x"] >= 0
        assert stage["x"] + stage["width"] <= size[0]
        targets = editor.locator(
            "button:visible, .choices label:visible, .looks label:visible, input[type=range]:visible"
        )
        for target in targets.all():
            place = box(target)
            if re.search("crop-", target.get_attribute("class") or ""):
                continue  # the sides of a small frame are as long as it is
            assert min(place["width"], place["height"]) >= 43.9, target
