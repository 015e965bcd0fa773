"""The square contains the subject of a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from photos.imaging.render import render
from photos.imaging.renditions import Spec
from photos.imaging.smart_crop import best_square
from tests.imaging.pictures import decoded, encoded

SKY, SKIN, GRASS = (150, 180, 215), (224, 172, 125), (70, 90, 60)
SQUARE = Spec(256, "webp", is_square=True)


def scene(width: int = 320, height: int = 160, subject: float = 0.5) -> Image.Image:
    """A plain sky above plain grass, and a head on a patterned body at `subject` along the longer side."""
    image = Image.new("RGB", (width, height), SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill=GRASS)
    middle = (subject * width, height / 2) if width > height else (width / 2, subject * height)
    radius = min(width, height) // 8
    draw.ellipse((middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), fill=SKIN)
    for stripe in range(0, 2 * radius, 4):
        x = middle[0] - radius + stripe
        draw.line((x, middle[1] + radius, x, middle[1] + 2 * radius), fill=(180, 30, 40), width=2)
    return image


@given(st.integers(8, 320), st.integers(8, 320))
def test_the_box_is_a_square_inside_of_the_picture(width: int, height: int) -> None:
    left, top, right, bottom = best_square(Image.new("RGB", (width, height), "teal"))
    assert right - left == pytest.approx(min(width, height))
    assert bottom - top == pytest.approx(min(width, height))
    assert left >= 0
    assert top >= 0
    assert right <= width + 1e-6
    assert bottom <= height + 1e-6


@pytest.mark.parametrize("size", [(320, 160), (160, 320), (320, 240), (320, 40)])
@pytest.mark.parametrize("subject", [0.15, 0.3, 0.5, 0.7, 0.85])
def test_a_person_is_within_the_square_wherever_they_stand(size: tuple[int, int], subject: float) -> None:
    start = best_square(scene(*size, subject))
    long, short, first = max(size), min(size), start[0] if size[0] > size[1] else start[1]
    assert first <= subject * long - short / 8 + 2
    assert subject * long + short / 8 - 2 <= first + short


def test_a_picture_of_nothing_is_cut_in_the_middle_or_where_heads_are() -> None:
    assert best_square(Image.new("RGB", (320, 160), SKY)) == pytest.approx((80, 0, 240, 160), abs=2)
    assert best_square(Image.new("RGB", (160, 320), "black")) == pytest.approx((0, 48, 160, 208), abs=2)


def test_a_square_photo_is_shown_whole() -> None:
    assert best_square(scene(200, 200)) == (0, 0, 200, 200)


@pytest.mark.parametrize("subject", [0.2, 0.8])
def test_the_file_shows_the_subject_from_any_scale(subject: float) -> None:
    for width, height in ((2400, 1200), (600, 300), (300, 150)):
        original = encoded(scene(width, height, subject), "JPEG", quality=95)
        for specs in ([SQUARE], None):
            made = next(r for r in render(original, specs=specs).renditions if r.spec == SQUARE)
            pixels = np.asarray(decoded(made.data)).astype(int)
            is_skin = np.abs(pixels - SKIN).max(axis=2) < 40
            assert made.width == made.height == min(256, height)
            assert is_skin.mean() == pytest.approx(np.pi / 64, rel=0.25)


def test_both_stages_cut_the_same_square() -> None:
    original = encoded(scene(4000, 2000, 0.3), "JPEG", quality=90)
    quick, late = (
        render(original, specs=[Spec(256, name, is_square=True), *more]).renditions[-1]
        for name, more in (("webp", []), ("avif", [Spec(2048, "avif")]))
    )
    shift = np.asarray(decoded(quick.data)).astype(int) - np.asarray(decoded(late.data)).astype(int)
    assert np.abs(shift).mean() < 6
