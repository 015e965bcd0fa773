"""Rendering as a whole: what comes out, how large, how sharp, and how it is checked."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photos.decoding import decode
from photos.formats import Format
from photos.imaging import BadRendition, render, verify
from photos.renditions import Spec, fit, specs_for
from tests.imaging.pictures import ADOBE_RGB, decoded, encoded, icc_profile, noise, quadrants, secretive_exif


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 900), st.integers(8, 900), st.sampled_from(["JPEG", "PNG"]))
def test_every_photo_gets_exactly_the_files_of_the_table(width: int, height: int, name: str) -> None:
    rendered = render(encoded(Image.new("RGB", (width, height), "teal"), name))
    assert [rendition.spec for rendition in rendered.renditions] == specs_for(width, height)
    for rendition in rendered.renditions:
        size = fit((width, height), rendition.spec.edge)
        assert (rendition.width, rendition.height) == size
        verify(rendition.data, rendition.spec, size)


def test_the_largest_file_of_a_large_photo_has_the_largest_edge() -> None:
    rendered = render(encoded(quadrants(2600, 1300), "JPEG"))
    assert [(r.spec.edge, r.width, r.height) for r in rendered.renditions if r.spec.format == "jpeg"] == [
        (320, 320, 160),
        (640, 640, 320),
        (1280, 1280, 640),
        (2048, 2048, 1024),
    ]
    assert (rendered.width, rendered.height, rendered.format) == (2600, 1300, Format.JPEG)


def test_large_jpegs_are_progressive_and_small_ones_are_not() -> None:
    files = {r.spec: r.data for r in render(encoded(noise(1300, 900), "JPEG")).renditions}
    assert b"\xff\xc2" in files[Spec(1280, "jpeg")][:1000]
    assert b"\xff\xc0" in files[Spec(640, "jpeg")][:1000]


def test_rendering_twice_gives_the_same_bytes() -> None:
    original = encoded(noise(), "PNG")
    first, second = render(original), render(original)
    assert [r.sha256 for r in first.renditions] == [r.sha256 for r in second.renditions]
    assert first.renditions[0].sha256 == hashlib.sha256(second.renditions[0].data).hexdigest()


def test_progress_is_told_after_each_file() -> None:
    steps: list[tuple[int, int]] = []
    render(encoded(noise(400, 300), "PNG"), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def edge_contrast(image: Image.Image) -> int:
    """How far the brightness overshoots beside a soft step from 80 to 170."""
    return int(np.ptp(np.asarray(image.convert("L"))))


def test_a_downscaled_photo_is_sharpened_and_an_unscaled_one_is_not() -> None:
    step = np.tile(np.where(np.arange(400) < 200, 80, 170).astype(np.uint8), (300, 1))
    files = {r.spec: decoded(r.data) for r in render(encoded(Image.fromarray(step), "PNG")).renditions}
    assert edge_contrast(files[Spec(320, "webp")]) > 100
    assert edge_contrast(files[Spec(640, "webp")]) <= 96


def test_a_large_jpeg_is_decoded_at_a_reduced_scale_with_a_margin() -> None:
    image = decode(encoded(quadrants(2000, 1000), "JPEG"), largest_edge=320)
    assert image.size == (2000, 1000)
    assert image.image.size == (500, 250)
    full = decode(encoded(quadrants(2000, 1000), "JPEG"), largest_edge=700)
    assert full.image.size == (2000, 1000)


def test_dominant_color_and_notes_come_along() -> None:
    rendered = render(encoded(Image.new("RGB", (50, 40), (10, 200, 90)), "PNG"))
    assert rendered.dominant_color == "#0ac85a"
    assert rendered.notes == ()
    assert rendered.cost is None


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_verification_refuses_what_was_not_promised(name: str) -> None:
    spec, image = Spec(320, name), noise(320, 200)
    pillow_name = spec.encoding.pillow_name
    good = encoded(image, pillow_name)
    verify(good, spec, (320, 200))
    other = encoded(image, "PNG")
    for data, size in (
        (good, (320, 201)),
        (good[: len(good) // 2], (320, 200)),
        (other, (320, 200)),
        (b"", (320, 200)),
        (encoded(image, pillow_name, exif=secretive_exif()), (320, 200)),
        (encoded(image, pillow_name, icc_profile=icc_profile(ADOBE_RGB)), (320, 200)),
    ):
        with pytest.raises(BadRendition):
            verify(data, spec, size)


def test_verification_refuses_grey_and_transparent_files() -> None:
    with pytest.raises(BadRendition):
        verify(encoded(Image.new("L", (320, 200)), "JPEG"), Spec(320, "jpeg"), (320, 200))
    with pytest.raises(BadRendition):
        verify(encoded(Image.new("RGBA", (320, 200)), "WEBP"), Spec(320, "webp"), (320, 200))
