"""Every photo is upright, in any format and EXIF orientation, and is turned only once."""

from typing import Any

import pytest
from PIL import Image

from photos.imaging.decoding import orientation_of
from photos.imaging.formats import Format
from photos.imaging.render import render
from tests.imaging.pictures import (
    CORNERS,
    corners,
    decoded,
    encoded,
    is_near,
    orientation_exif,
    quadrants,
    stored,
    whole,
)

LOSSLESS: dict[str, dict[str, Any]] = {
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 95},
    "JPEG": {"quality": 95},
}


def turned(format: str, orientation: int) -> bytes:  # noqa: A002 - the field's word
    image = stored(quadrants(), orientation)
    return encoded(image, format, exif=orientation_exif(orientation), **LOSSLESS.get(format, {}))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_of_every_format_ends_upright(format: str, orientation: int) -> None:  # noqa: A002 - the field's word
    rendered = render(turned(format, orientation))
    assert (rendered.width, rendered.height) == (96, 64)
    for rendition in whole(rendered):
        picture = decoded(rendition.data)
        assert picture.size == (rendition.width, rendition.height) == (96, 64)
        for color, expected in zip(corners(picture), CORNERS, strict=True):
            assert is_near(color, expected, 16), (rendition.spec, color, expected)


@pytest.mark.parametrize("orientation", [6, 7])
def test_a_large_jpeg_decoded_at_a_reduced_scale_ends_upright(orientation: int) -> None:
    image = stored(quadrants(6200, 4000), orientation)
    rendered = render(encoded(image, "JPEG", exif=orientation_exif(orientation)))
    assert (rendered.width, rendered.height) == (6200, 4000)
    smallest = decoded(rendered.renditions[0].data)
    assert smallest.size == (320, 206)
    assert all(is_near(*pair) for pair in zip(corners(smallest), CORNERS, strict=True))


@pytest.mark.parametrize("nonsense", [0, 9, 255, 65_535])
def test_an_orientation_out_of_range_is_ignored(nonsense: int) -> None:
    rendered = render(encoded(quadrants(), "JPEG", exif=orientation_exif(nonsense)))
    assert (rendered.width, rendered.height) == (96, 64)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_broken_exif_is_ignored(exif: bytes) -> None:
    rendered = render(encoded(quadrants(), "JPEG", exif=exif))
    assert (rendered.width, rendered.height) == (96, 64)


def test_a_heif_is_not_turned_again_after_its_decoder_did() -> None:
    image = Image.new("RGB", (4, 4))
    image.info["exif"] = orientation_exif(6).tobytes()
    assert orientation_of(image, Format.JPEG) == 6
    assert orientation_of(image, Format.HEIF) == 1
