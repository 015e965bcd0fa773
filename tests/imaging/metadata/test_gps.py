"""The place in a picture is read only if asked for, no more exactly than asked, and never from invalid tags."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from photos.imaging.metadata.gps import read_place
from photos.imaging.render import render
from photos.imaging.results import AREA, EXACT, Place
from photos.imaging.sandbox.client import run_render
from tests.imaging.pictures import decoded, encoded, quadrants

GPS_FOLDER, MAKE = 0x8825, 0x010F
PARIS = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}


def picture(tags: dict[int, Any], form: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "Maker"  # without a tag of its own Pillow writes no EXIF into most formats
    exif.get_ifd(GPS_FOLDER).update(tags)
    if form == "TIFF":
        folders = TiffImagePlugin.ImageFileDirectory_v2()
        folders[GPS_FOLDER] = tags
        return encoded(quadrants(), form, tiffinfo=folders)
    return encoded(quadrants(), form, exif=exif)


def place_of(tags: dict[int, Any], precision: str = EXACT) -> Place | None:
    return read_place(decoded(picture(tags)), precision)


def test_a_place_is_read_as_exactly_as_it_is_wanted() -> None:
    assert place_of(PARIS) == Place(48.85822, 2.2945)
    assert place_of(PARIS, AREA) == Place(48.9, 2.3)


@pytest.mark.parametrize("precision", ["", "none", "EXACT"])
def test_nothing_is_read_that_is_not_asked_for(precision: str) -> None:
    assert place_of(PARIS, precision) is None


def test_south_and_west_are_negative() -> None:
    assert place_of(PARIS | {1: "S", 3: "W"}) == Place(-48.85822, -2.2945)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {1: "N", 2: (48.0, 51.0, 29.6)},
        {2: (48.0, 51.0, 29.6), 4: (2.0, 17.0, 40.2)},
        PARIS | {1: "X"},
        PARIS | {1: ""},
        PARIS | {2: (148.0, 0.0, 0.0)},
        PARIS | {4: (180.0, 0.0, 1.0)},
        PARIS | {2: (48.0, 99.0, 0.0)},
        PARIS | {2: (48.0, 51.0)},
        PARIS | {2: 48.8},
        PARIS | {9: "V"},
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
    ],
)
def test_what_is_no_place_is_none(tags: dict[int, Any]) -> None:
    assert place_of(tags) is None


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_every_format_tells_its_place(form: str) -> None:
    assert render(picture(PARIS, form), place=EXACT).place == Place(48.85822, 2.2945)


def test_no_file_carries_the_place_although_it_is_kept() -> None:
    rendered = run_render(picture(PARIS), place=AREA)
    assert rendered.place == Place(48.9, 2.3)
    assert run_render(picture(PARIS)).place is None
    for made in rendered.renditions:
        assert not decoded(made.data).getexif().get_ifd(GPS_FOLDER)


@given(
    st.dictionaries(st.integers(0, 31), st.one_of(st.text(max_size=5), st.integers(0, 2**32 - 1)), max_size=8)
)
def test_any_tags_are_a_place_or_none(tags: dict[int, Any]) -> None:
    image = Image.new("RGB", (8, 8))
    image.getexif().get_ifd(GPS_FOLDER).update(tags)
    assert read_place(image, EXACT) is None


def test_exif_that_breaks_the_parser_has_no_place() -> None:
    image = quadrants()
    image.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 50
    assert read_place(image, EXACT) is None
