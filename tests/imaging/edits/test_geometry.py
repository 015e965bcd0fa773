"""Turning, mirroring, straightening and cropping, pixel by pixel."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photos.imaging.edits import Crop, Edits
from tests.imaging.edits.recipes import geometries, recipes, sizes
from tests.imaging.pictures import BLUE, GREEN, RED, YELLOW, corners, is_near, noise, quadrants

WHITE = (255, 255, 255)


def pixels(image: Image.Image) -> npt.NDArray[np.int16]:
    """Return the pixels as signed integers, which can be subtracted."""
    return np.asarray(image, np.int16)


@given(recipes, sizes)
def test_the_size_that_is_promised_is_the_size_that_comes(edits: Edits, size: tuple[int, int]) -> None:
    assert edits.apply(Image.new("RGB", size)).size == edits.size_after(size)


@given(geometries, sizes, st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_the_size_that_is_wanted_is_the_size_that_comes(
    edits: Edits, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert edits.apply(Image.new("RGB", size), size=expected).size == expected


@given(geometries, sizes)
def test_no_empty_corner_ever_shows(edits: Edits, size: tuple[int, int]) -> None:
    assert np.asarray(edits.apply(Image.new("RGB", size, WHITE))).min() == 255


def test_no_edits_leave_every_pixel() -> None:
    image = noise()
    assert Edits().apply(image).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (Edits(turns=1), (BLUE, RED, YELLOW, GREEN)),
        (Edits(turns=2), (YELLOW, BLUE, GREEN, RED)),
        (Edits(turns=3), (GREEN, YELLOW, RED, BLUE)),
        (Edits(is_mirrored=True), (GREEN, RED, YELLOW, BLUE)),
        (Edits(turns=1, is_mirrored=True), (RED, BLUE, GREEN, YELLOW)),
    ],
)
def test_quarters_turn_clockwise_and_the_mirror_comes_after(
    edits: Edits, expected: tuple[tuple[int, int, int], ...]
) -> None:
    for each in (edits, Edits.parse({**edits.as_object(), "straighten_degrees": 0.01})):
        actual = corners(each.apply(quadrants()))
        assert all(map(is_near, actual, expected)), each


@given(st.integers(0, 3), st.integers(0, 3))
def test_quarter_turns_compose(first: int, second: int) -> None:
    image = noise(40, 24)
    twice = Edits(turns=second).apply(Edits(turns=first).apply(image))
    assert twice.tobytes() == Edits(turns=(first + second) % 4).apply(image).tobytes()


def test_a_turn_moves_every_pixel_whole() -> None:
    image = noise(31, 17)
    assert (pixels(Edits(turns=1).apply(image)) == np.rot90(pixels(image), -1)).all()


def test_straightening_turns_the_picture_clockwise() -> None:
    horizon = Image.new("RGB", (200, 100))
    horizon.paste(WHITE, (0, 50, 200, 100))
    straight = pixels(Edits(straighten_degrees=10).apply(horizon))[..., 0]
    light = (straight > 127).sum(axis=0)
    fall = math.degrees(math.atan2(light[0] - light[-1], straight.shape[1] - 1))
    assert fall == pytest.approx(10, abs=1)


@given(st.floats(-45, 45))
def test_straightening_keeps_proportions_and_middle(degrees: float) -> None:
    image = Image.new("RGB", (300, 200))
    image.paste(WHITE, (148, 98, 152, 102))
    straight = Edits(straighten_degrees=degrees).apply(image)
    assert straight.width / straight.height == pytest.approx(1.5, rel=0.02)
    assert straight.width >= 300 * 0.56
    where = np.argwhere(pixels(straight)[..., 0] > 100).mean(axis=0)
    assert np.abs(where - (np.array(straight.size[::-1]) - 1) / 2).max() < 1


def test_the_largest_frame_touches_the_border() -> None:
    width, height = Edits(straighten_degrees=30).size_after((300, 200))
    cos, sin = math.cos(math.radians(30)), 0.5
    assert width * sin + height * cos == pytest.approx(200, abs=1)


@given(geometries.filter(lambda edits: not edits.straighten_degrees))
def test_a_crop_is_cut_from_what_is_there_without_a_pixel_invented(edits: Edits) -> None:
    image = noise(60, 44)
    whole = pixels(Edits(turns=edits.turns, is_mirrored=edits.is_mirrored).apply(image))
    part = pixels(edits.apply(image))
    left, top = round(edits.crop.x * whole.shape[1]), round(edits.crop.y * whole.shape[0])
    left, top = min(left, whole.shape[1] - part.shape[1]), min(top, whole.shape[0] - part.shape[0])
    assert (part == whole[top : top + part.shape[0], left : left + part.shape[1]]).all()


def test_a_crop_of_a_straightened_frame_is_that_part_of_it() -> None:
    image = quadrants(400, 300)
    whole = Edits(straighten_degrees=7).apply(image)
    part = Edits(straighten_degrees=7, crop=Crop(0.25, 0.5, 0.5, 0.5)).apply(image)
    box = (whole.width // 4, whole.height // 2, whole.width * 3 // 4, whole.height)
    assert np.abs(pixels(whole.crop(box).resize(part.size)) - pixels(part)).mean() < 2


def test_cropped_and_made_smaller_in_one_go_is_the_same_picture() -> None:
    image = quadrants(400, 300)
    edits = Edits(turns=1, crop=Crop(0.1, 0.2, 0.7, 0.6))
    at_once = edits.apply(image, size=(70, 80))
    assert np.abs(pixels(edits.apply(image).resize((70, 80))) - pixels(at_once)).mean() < 3
