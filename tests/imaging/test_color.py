"""Every rendition is sRGB on white and looks like its original."""

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from photos.imaging.color import to_eight_bits, to_srgb
from photos.imaging.render import render
from tests.imaging.pictures import (
    ADOBE_RGB,
    CORNERS,
    DISPLAY_P3,
    RED,
    SRGB,
    color_at,
    corners,
    decoded,
    encoded,
    icc_profile,
    is_near,
    quadrants,
    whole,
)
from tests.imaging.pictures import to_srgb as textbook


def rendered_pictures(data: bytes) -> list[Image.Image]:
    """Return the renditions as a browser without colour management shows them."""
    return [decoded(rendition.data) for rendition in whole(render(data))]


@pytest.mark.parametrize("primaries", [ADOBE_RGB, DISPLAY_P3], ids=["adobe-rgb", "display-p3"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_wide_profiles_are_converted(format: str, primaries: npt.NDArray[np.float64]) -> None:  # noqa: A002 - the field's word
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {"quality": 97}
    for picture in rendered_pictures(
        encoded(quadrants(), format, icc_profile=icc_profile(primaries), **options)
    ):
        assert "icc_profile" not in picture.info
        for actual, color in zip(corners(picture), CORNERS, strict=True):
            assert is_near(actual, textbook(color, primaries), 12), (actual, color)


@pytest.mark.parametrize("primaries", [ADOBE_RGB, DISPLAY_P3], ids=["adobe-rgb", "display-p3"])
def test_the_conversion_itself_is_exact(primaries: npt.NDArray[np.float64]) -> None:
    converted, note = to_srgb(quadrants(), icc_profile(primaries))
    assert not note
    for actual, color in zip(corners(converted), CORNERS, strict=True):
        assert is_near(actual, textbook(color, primaries), 2)
    assert corners(converted) != list(CORNERS)


def test_a_profile_is_judged_by_what_it_does_and_not_by_its_name() -> None:
    liar = icc_profile(SRGB[:, [1, 0, 2]], name=b"sRGB IEC61966-2.1")
    converted, _ = to_srgb(Image.new("RGB", (8, 8), RED), liar)
    assert color_at(converted, (4, 4)) == pytest.approx((40, 220, 40), abs=6)


def test_pictures_in_srgb_keep_their_very_pixels() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    converted, note = to_srgb(quadrants(), srgb)
    assert (converted.tobytes(), note) == (quadrants().tobytes(), "")


@pytest.mark.parametrize(
    "profile",
    [
        b"garbage",
        icc_profile(ADOBE_RGB)[:200],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["garbage", "cut", "of-another-space"],
)
def test_a_useless_profile_is_ignored_with_a_note(profile: bytes) -> None:
    rendered = render(encoded(quadrants(), "PNG", icc_profile=profile))
    assert any("profile ignored" in note for note in rendered.notes)
    assert all(
        is_near(*pair) for pair in zip(corners(decoded(rendered.renditions[0].data)), CORNERS, strict=True)
    )


def grey_of(color: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([round(0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2])] * 3)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_stays_grey_and_as_bright(mode: str) -> None:
    grey = quadrants().convert("L")
    image = (
        grey.convert(mode) if mode != "I;16" else Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    )
    for picture in rendered_pictures(encoded(image, "PNG")):
        for actual, color in zip(corners(picture), CORNERS, strict=True):
            assert is_near(actual, grey_of(color), 8)


@pytest.mark.parametrize(
    ("values", "white"),
    [(np.float32, 1.0), (np.float32, 255.0), (np.float32, 80_000.0), (np.int32, 255), (np.int32, 65_535)],
)
def test_deep_grey_is_scaled_to_what_it_takes_for_white(values: type, white: float) -> None:
    ramp = np.tile(np.linspace(0, 1, 64), (16, 1))
    image = to_eight_bits(Image.fromarray((ramp * white).astype(values)))
    assert image.mode == "L"
    assert image.getextrema() == (0, 255)
    assert np.abs(np.asarray(image) - ramp * 255).max() <= 2


def test_infinite_and_missing_values_are_black() -> None:
    image = to_eight_bits(Image.fromarray(np.array([[np.nan, np.inf, -np.inf, 1.0]], dtype=np.float32)))
    assert np.asarray(image).tolist() == [[0, 0, 0, 255]]


def test_cmyk_without_a_profile_is_not_inverted() -> None:
    for picture in rendered_pictures(encoded(quadrants().convert("CMYK"), "JPEG", quality=95)):
        assert all(is_near(*pair) for pair in zip(corners(picture), CORNERS, strict=True))


def test_lab_is_converted() -> None:
    lab_profile, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    lab = ImageCms.profileToProfile(quadrants(), srgb, lab_profile, outputMode="LAB")
    assert lab is not None
    for picture in rendered_pictures(encoded(lab, "TIFF")):
        assert all(is_near(*pair) for pair in zip(corners(picture), CORNERS, strict=True))


def transparent(mode: str) -> Image.Image:
    """Return a picture with a red (or grey) left half and a transparent right half of another colour."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 32, 64))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "format"),
    [("RGBA", name) for name in ("PNG", "WEBP", "TIFF", "AVIF", "GIF")]
    + [("LA", name) for name in ("PNG", "WEBP", "TIFF")],
)
def test_transparency_is_laid_on_white_in_every_format(mode: str, format: str) -> None:  # noqa: A002 - the field's word
    red = RED if mode == "RGBA" else grey_of(RED)
    for picture in rendered_pictures(encoded(transparent(mode), format)):
        assert picture.mode == "RGB"
        assert is_near(color_at(picture, (12, 32)), red, 16)
        assert is_near(color_at(picture, (52, 32)), (255, 255, 255), 4)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_color_of_a_png_is_laid_on_white(mode: str) -> None:
    image = Image.new("RGB", (64, 64), "black")
    image.paste(RED, (0, 0, 32, 64))
    image = image.convert(mode, palette=Image.Palette.ADAPTIVE) if mode == "P" else image.convert(mode)
    key = image.getpixel((60, 60))
    for picture in rendered_pictures(encoded(image, "PNG", transparency=key)):
        assert is_near(color_at(picture, (12, 32)), RED if mode != "L" else grey_of(RED), 16)
        assert is_near(color_at(picture, (52, 32)), (255, 255, 255), 4)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_modes_become_eight_bits_opaque(mode: str) -> None:
    image = to_eight_bits(quadrants().convert(mode))
    assert image.mode in ("L", "RGB", "CMYK")
    assert not image.has_transparency_data


def test_sixteen_bits_per_color_are_read() -> None:
    for picture in rendered_pictures(png_of_sixteen_bits(np.asarray(quadrants()).astype(np.uint16) * 257)):
        assert all(is_near(*pair) for pair in zip(corners(picture), CORNERS, strict=True))


def png_of_sixteen_bits(pixels: npt.NDArray[np.uint16]) -> bytes:
    """Return a PNG with 16 bits a channel, which Pillow reads but does not write."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
