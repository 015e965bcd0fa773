"""Rendering as a whole: which files come out, how large and how sharp they are, and how they are verified."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photos.imaging import render as imaging
from photos.imaging.decoding import Decoded, decode
from photos.imaging.formats import Format
from photos.imaging.render import Size, render, verify
from photos.imaging.renditions import QUICK, REST, Spec, specs_for
from tests.imaging.pictures import (
    decoded,
    encoded,
    noise,
    quadrants,
    whole,
)


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 900), st.integers(8, 900), st.sampled_from(["JPEG", "PNG"]))
def test_every_photo_gets_exactly_the_files_of_the_table(width: int, height: int, name: str) -> None:
    rendered = render(encoded(Image.new("RGB", (width, height), "teal"), name))
    assert [rendition.spec for rendition in rendered.renditions] == specs_for(width, height)
    for rendition in rendered.renditions:
        size = rendition.spec.size_of((width, height))
        assert (rendition.width, rendition.height) == size
        verify(rendition.data, rendition.spec, size)


def test_the_largest_file_of_a_large_photo_has_the_largest_edge() -> None:
    rendered = render(encoded(quadrants(2600, 1300), "JPEG"))
    assert [(r.spec.edge, r.width, r.height) for r in whole(rendered) if r.spec.format == "avif"] == [
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
    assert steps == [(done, 9) for done in range(1, 10)]


def edge_contrast(image: Image.Image) -> int:
    """Return how far the brightness overshoots beside a soft step from 80 to 170."""
    return int(np.ptp(np.asarray(image.convert("L"))))


def test_a_downscaled_photo_is_sharpened_and_an_unscaled_one_is_not() -> None:
    step = np.tile(np.where(np.arange(400) < 200, 80, 170).astype(np.uint8), (300, 1))
    files = {r.spec: decoded(r.data) for r in render(encoded(Image.fromarray(step), "PNG")).renditions}
    assert edge_contrast(files[Spec(320, "webp")]) > 100
    assert edge_contrast(files[Spec(640, "webp")]) <= 96


def test_a_large_jpeg_is_decoded_at_a_reduced_scale_with_a_margin() -> None:
    data = encoded(quadrants(2000, 1000), "JPEG")
    for edge, width in ((250, 500), (251, 1000), (500, 1000), (640, 2000), (680, 1000), (690, 2000)):
        image = decode(data, edge_for=lambda _, edge=edge: edge)  # type: ignore[misc]  # a bound default
        assert (image.size, image.image.width) == ((2000, 1000), width), edge


def test_dominant_color_and_notes_come_along() -> None:
    rendered = render(encoded(Image.new("RGB", (50, 40), (10, 200, 90)), "PNG"))
    assert rendered.dominant_color == "#0ac85a"
    assert rendered.notes == ()
    assert rendered.cost is None


def test_a_part_of_the_files_is_exactly_what_was_asked_for() -> None:
    original = encoded(quadrants(1500, 1000), "JPEG")
    everything = {made.spec for made in render(original).renditions}
    quick, rest = render(original, specs=QUICK), render(original, specs=REST)
    assert [made.spec for made in quick.renditions] == [s for s in specs_for(1500, 1000) if s in QUICK]
    assert {made.spec for made in [*quick.renditions, *rest.renditions]} == everything
    assert (quick.width, quick.height, quick.phash) == (rest.width, rest.height, rest.phash)
    assert render(original, specs=()).renditions == []


def test_the_quick_files_are_made_of_a_small_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[Size] = []
    develop = imaging._develop

    def noting(image: Image.Image, decoded: Decoded, size: Size) -> tuple[Image.Image, str]:
        sizes.append(image.size)
        return develop(image, decoded, size)

    monkeypatch.setattr(imaging, "_develop", noting)
    original = encoded(quadrants(4000, 3000), "JPEG")
    render(original, specs=QUICK)
    render(original, specs=[Spec(2048, "jpeg")])
    assert sizes == [(2000, 1500), (4000, 3000)]


@pytest.mark.parametrize("size", [(3000, 300), (300, 3000), (3000, 90)])
def test_a_square_of_a_panorama_has_the_pixels_of_its_short_side(size: tuple[int, int]) -> None:
    made = render(encoded(noise(*size), "JPEG"), specs=[Spec(256, "jpeg", is_square=True)]).renditions[0]
    assert (made.width, made.height) == (min(256, *size),) * 2
    sharpness = np.asarray(decoded(made.data).convert("L")).astype(int)
    assert np.abs(np.diff(sharpness)).mean() > 20, "made from a smaller picture and enlarged"
