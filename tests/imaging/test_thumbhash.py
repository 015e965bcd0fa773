"""ThumbHashes are small, true to the picture's colours and aspect, and equal to the reference implementation's."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photos.imaging.thumbhash import NotAThumbHash, data_uri, decode, dominant_color, thumbhash
from tests.imaging.pictures import CORNERS, corners, is_near, noise, quadrants

colors = st.tuples(*[st.integers(0, 255)] * 3)


def patched() -> Image.Image:
    """Return a picture without symmetry, so that no term is zero but for rounding."""
    image = quadrants(96, 64)
    image.paste((250, 250, 250), (5, 9, 40, 23))
    image.paste((9, 9, 20), (51, 31, 90, 60))
    return image


# From the same pixels by the format's reference implementation.
KNOWN = {
    "noise": (noise(90, 100), "2008020600fbcb88a8648a8854aab647848acfa20b2bdf"),
    "wide": (patched(), "d9f70945929f82869d8785698727874581cff9777d"),
    "tall": (patched().transpose(Image.Transpose.ROTATE_270), "d9f7094512925d6f8694782787a86787903188f772"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_hashes_are_those_of_the_reference(name: str) -> None:
    image, known = KNOWN[name]
    assert thumbhash(image).hex() == known


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300))
def test_a_hash_is_small_and_can_be_shown(width: int, height: int) -> None:
    hashed = thumbhash(quadrants(2 * width, 2 * height))
    assert 5 < len(hashed) <= 25
    assert decode(hashed).mode == "RGB"


@settings(deadline=None)
@given(st.integers(20, 300), st.integers(20, 300))
def test_the_aspect_is_kept_roughly(width: int, height: int) -> None:
    placeholder = decode(thumbhash(Image.new("RGB", (width, height))))
    assert max(placeholder.size) == 32
    aspect = min(width, height) / max(width, height)
    assert abs(min(placeholder.size) / 32 - max(1 / 7, aspect)) < 0.1
    assert (placeholder.width - placeholder.height) * (width - height) >= 0


@settings(deadline=None)
@given(colors)
def test_a_plain_picture_keeps_its_color(color: tuple[int, int, int]) -> None:
    placeholder = np.asarray(decode(thumbhash(Image.new("RGB", (30, 20), color))))
    assert np.abs(placeholder - np.array(color)).max() <= 14
    assert int(np.ptp(placeholder.reshape(-1, 3), axis=0).max()) <= 1


def test_colors_stay_where_they_are() -> None:
    placeholder = corners(decode(thumbhash(quadrants())))
    for actual, color in zip(placeholder, CORNERS, strict=True):
        nearest = min(CORNERS, key=lambda other: sum(abs(a - b) for a, b in zip(other, actual, strict=True)))
        assert nearest == color


def test_the_mean_brightness_survives_detail() -> None:
    image = noise()
    placeholder = np.asarray(decode(thumbhash(image)), dtype=float).mean()
    assert placeholder == pytest.approx(np.asarray(image, dtype=float).mean(), abs=8)


@pytest.mark.parametrize(
    "broken", [b"", b"\0" * 4, b"\0" * 5, b"\xff" * 5, thumbhash(quadrants())[:-3], b"\0\0\x80\x07\0"]
)
def test_bytes_that_are_no_hash_are_refused(broken: bytes) -> None:
    with pytest.raises(NotAThumbHash):
        decode(broken)
    assert data_uri(broken) == ""


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_shown_or_refused(garbage: bytes) -> None:
    assert data_uri(garbage).startswith("data:image/webp;base64,") or data_uri(garbage) == ""


@pytest.mark.parametrize("image", [quadrants(), noise(), quadrants(60, 300), Image.new("RGB", (9, 9), "red")])
def test_the_address_is_short_and_a_picture(image: Image.Image) -> None:
    address = data_uri(thumbhash(image))
    assert len(address) <= 600
    placeholder = Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/webp;base64,"))))
    assert placeholder.size == decode(thumbhash(image)).size


def test_an_address_is_made_once() -> None:
    hashed = thumbhash(noise(50, 60))
    assert data_uri(hashed) is data_uri(hashed)


@settings(deadline=None)
@given(colors)
def test_the_dominant_color_of_a_plain_picture_is_its_color(color: tuple[int, int, int]) -> None:
    assert dominant_color(Image.new("RGB", (64, 48), color)) == "#{:02x}{:02x}{:02x}".format(*color)


def test_the_dominant_color_is_the_most_frequent_one() -> None:
    image = Image.new("RGB", (90, 60), (20, 30, 200))
    image.paste((250, 250, 10), (0, 0, 30, 60))
    actual = dominant_color(image)
    assert is_near(tuple(bytes.fromhex(actual[1:])), (20, 30, 200), 8)
