"""What a person does in the editor, and what it shows and sends."""

import io
import json
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Request, Route, expect
from playwright.sync_api import Page as Tab

from photos.imaging import looks
from tests.front.pages import Page, Somebody, Tile
from tests.front.stub_site import Site

EDIT, SAVE, PHOTO = "/p/7Gk/edit/", "/p/7Gk/edits/", "/p/7Gk/"

DRAW = """async ([module, painter, edits]) => {
  const image = document.querySelector('[data-part="base"]');
  const looks = JSON.parse(document.getElementById("looks").textContent);
  const { [painter]: Painter } = await import(module);
  const { complete, isRecoloring } = await import("tessera/edit/recipe");
  const { sizeAfter } = await import("tessera/edit/geometry");
  const { tableOf } = await import("tessera/edit/color-math");
  const all = complete(edits);
  const drawn = new Painter(image);
  const table = isRecoloring(all) ? tableOf(all, looks.find(({ name }) => name === all.look)) : null;
  drawn.draw(all, sizeAfter([image.naturalWidth, image.naturalHeight], all), table, all.sharpen / 6);
  return drawn.canvas.toDataURL();
}"""
RECIPES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "turned": {"turns": 1},
    "turned and mirrored": {"turns": 3, "is_mirrored": True},
    "cropped": {"crop": [0.25, 0.125, 0.5, 0.75]},
    "straightened": {"straighten_degrees": 6.5},
    "all geometry": {
        "turns": 1,
        "is_mirrored": True,
        "straighten_degrees": -12,
        "crop": [0.1, 0.2, 0.7, 0.6],
    },
    "lighter and colder": {"exposure": 1.3, "warmth": -0.8},
    "darker and warmer": {"exposure": -1.7, "warmth": 0.6},
    "contrast and colour": {"contrast": 0.9, "saturation": 0.8},
    "flat and pale": {"contrast": -1, "saturation": -0.6},
    "sharpened": {"sharpen": 1},
    **{f"look {name}": {"look": name} for name in looks.LOOKS},
    "everything": {
        "turns": 2,
        "straighten_degrees": 3.3,
        "crop": [0.05, 0.1, 0.85, 0.8],
        "exposure": 0.4,
        "contrast": 0.2,
        "saturation": 0.3,
        "warmth": 0.25,
        "sharpen": 0.4,
        "look": "lapis",
    },
}


def picture(width: int = 320, height: int = 240) -> Image.Image:
    """A smooth picture with every kind of colour, and some edges."""
    small = np.random.default_rng(5).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    image.paste((250, 250, 250), (width // 8, height // 8, width // 3, height // 4))
    image.paste((5, 5, 5), (width // 2, height // 2, width * 3 // 4, height * 2 // 3))
    return image


def edit_page(site: Site, edits: dict[str, Any] | None = None) -> Page:
    """Return the editor's page for the test picture."""
    context = {
        "photo": Tile(),
        "base_url": f"{site.store}/pub/base.png",
        "base_width": 320,
        "base_height": 240,
        "edits": json.dumps(edits or {}),
        "looks": looks.as_objects(),
        "save_url": SAVE,
        "photo_url": PHOTO,
    }
    return Page("photos/edit/edit.html", context, user=Somebody(), path=EDIT)


def opened(tab: Tab, site: Site, edits: dict[str, Any] | None = None) -> Tab:
    """Open the editor and wait until it can be used."""
    site.pages[EDIT] = edit_page(site, edits)
    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    headers = {"Access-Control-Allow-Origin": "*"}
    tab.route(
        "**/pub/base.png",
        lambda route: route.fulfill(body=buffer.getvalue(), content_type="image/png", headers=headers),
    )
    tab.set_default_timeout(10_000)
    tab.goto(EDIT)
    expect(tab.locator("photo-editor")).to_have_attribute("ready", "")
    return tab


def answering(tab: Tab, *answers: tuple[int, dict[str, Any]]) -> list[Request]:
    """Answer the next saves so (the last answer again and again); return the list that collects the requests."""
    requests: list[Request] = []

    def answer(route: Route) -> None:
        status, body = answers[min(len(requests), len(answers) - 1)]
        requests.append(route.request)
        route.fulfill(status=status, body=json.dumps(body), content_type="application/json")

    tab.route(f"**{SAVE}", answer)
    return requests


def saved(tab: Tab) -> Any:
    """Save, and return the edits that the site got."""
    requests = answering(tab, (202, {"photo_url": PHOTO}))
    tab.get_by_role("button", name="Save").click()
    tab.wait_for_url(f"**{PHOTO}")
    assert requests[0].headers["x-csrftoken"]
    return json.loads(requests[0].post_data or "")["edits"]


def slide(tab: Tab, name: str, value: float) -> None:
    """Drag the slider of that name to a value of its own scale."""
    tab.get_by_label(name, exact=True).evaluate(
        """(input, value) => {
          input.value = value;
          for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
        }""",
        value,
    )


def shown(tab: Tab) -> str:
    """Return what is on the stage."""
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return str(tab.evaluate("document.querySelector('.editor-frame > canvas').toDataURL()"))


def box(part: Locator) -> FloatRect:
    """Return where an element is."""
    found = part.bounding_box()
    assert found is not None
    return found


def drag(tab: Tab, part: Locator, across: float, down: float) -> None:
    """Drag an element by its middle."""
    place = box(part)
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + across, y + down, steps=4)
    tab.mouse.up()
