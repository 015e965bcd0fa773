"""Edits are applied to an upright picture with all the pixels that a crop needs."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photos.imaging.render import Size, render
from photos.imaging.renditions import ALL, ANIMATION, QUICK, Spec, specs_for
from photos.imaging.sandbox.request import Request
from photos.imaging.sandbox.server import _render_verified
from tests.imaging.pictures import (
    CORNERS,
    color_at,
    decoded,
    encoded,
    is_near,
    orientation_exif,
    quadrants,
    stored,
)


@dataclass
class Crop:
    """The simplest edits: a crop in fractions."""

    x: float = 0.0
    y: float = 0.0
    width: float = 1.0
    height: float = 1.0
    seen: Size = (0, 0)

    def size_after(self, size: Size, /) -> Size:
        return max(1, round(size[0] * self.width)), max(1, round(size[1] * self.height))

    def apply(self, image: Image.Image, /, *, size: Size | None = None) -> Image.Image:
        assert image.mode == "RGB"
        self.seen = image.size
        right, bottom = (self.x + self.width) * image.width, (self.y + self.height) * image.height
        box = (self.x * image.width, self.y * image.height, right, bottom)
        return image.resize(size or self.size_after(image.size), box=box)

    @property
    def is_identity(self) -> bool:
        return (self.width, self.height) == (1.0, 1.0)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> "Crop":
        return cls(*value["crop"])


@pytest.mark.parametrize("corner", range(4))
def test_a_crop_shows_its_part_in_every_file(corner: int) -> None:
    crop = Crop(x=corner % 2 / 2, y=corner // 2 / 2, width=0.5, height=0.5)
    rendered = render(encoded(quadrants(1600, 1200), "JPEG"), edits=crop)
    assert (rendered.width, rendered.height) == (800, 600)
    assert [made.spec for made in rendered.renditions] == specs_for(800, 600)
    for made in rendered.renditions:
        picture = decoded(made.data)
        assert picture.size == made.spec.size_of((800, 600))
        for place in ((5, 5), (picture.width - 6, picture.height - 6)):
            assert is_near(color_at(picture, place), CORNERS[corner], 16)
    assert rendered.dominant_color != render(encoded(quadrants(), "PNG")).dominant_color or corner == 0


@pytest.mark.parametrize(
    ("share", "specs", "seen"),
    [
        (1.0, None, (2048, 1024)),
        (0.5, None, (4000, 2000)),
        (0.1, None, (4000, 2000)),
        (0.5, QUICK, (1280, 640)),
        (0.25, [Spec(320, "jpeg")], (1280, 640)),
    ],
)
def test_a_crop_gets_the_pixels_it_needs_and_no_more(share: float, specs: Any, seen: Size) -> None:
    crop = Crop(width=share, height=share)
    rendered = render(encoded(quadrants(4000, 2000), "JPEG"), edits=crop, specs=specs)
    assert crop.seen == seen
    assert rendered.width == round(4000 * share)
    assert all(m.width == m.spec.size_of((rendered.width, rendered.height))[0] for m in rendered.renditions)


def test_a_small_crop_is_as_sharp_as_the_original() -> None:
    checks = np.indices((2400, 2400)).sum(axis=0) // 8 % 2 * 200
    original = encoded(Image.fromarray(checks.astype(np.uint8)), "JPEG", quality=95)
    rendered = render(original, edits=Crop(x=0.4, y=0.4, width=0.1, height=0.1))
    assert np.ptp(np.asarray(decoded(rendered.renditions[1].data).convert("L"))) > 190


@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
def test_edits_see_the_picture_upright(orientation: int) -> None:
    image = stored(quadrants(960, 640), orientation)
    original = encoded(image, "JPEG", exif=orientation_exif(orientation), quality=95)
    rendered = render(original, edits=Crop(x=0.5, width=0.5, height=0.5))
    assert (rendered.width, rendered.height) == (480, 320)
    assert is_near(color_at(decoded(rendered.renditions[0].data), (160, 100)), CORNERS[1], 16)


def test_an_edited_animation_stands_still() -> None:
    moving = encoded(quadrants(), "GIF", save_all=True, append_images=[Image.new("RGB", (96, 64))])
    assert ANIMATION in {made.spec for made in render(moving).renditions}
    assert ANIMATION not in {made.spec for made in render(moving, edits=Crop(width=0.5)).renditions}


def test_a_job_reads_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("photos.imaging.edits")
    module.Edits = Crop  # type: ignore[attr-defined]  # a stand-in for the module of that name
    monkeypatch.setitem(sys.modules, "photos.imaging.edits", module)
    original = encoded(quadrants(800, 600), "PNG")
    request = Request(specs=QUICK, edits={"crop": [0, 0, 0.5, 0.5]})
    crossed = Request.parse(json.loads(json.dumps(request.as_json())))
    assert crossed == request
    rendered = _render_verified(original, crossed)
    assert (rendered.width, rendered.height) == (400, 300)
    assert {made.spec for made in rendered.renditions} == QUICK & set(specs_for(400, 300))
    whole = _render_verified(original, Request(edits={"crop": [0, 0, 1, 1]}))
    assert (whole.width, whole.height) == (800, 600)


def test_an_order_of_everything_crosses_as_it_is() -> None:
    assert Request.parse(json.loads(json.dumps(Request().as_json()))) == Request(specs=ALL)
