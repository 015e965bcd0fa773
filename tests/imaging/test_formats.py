"""Formats are recognised by content; a refused file is named by its kind."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photos.imaging.decoding import OPENERS
from photos.imaging.dimensions import MAX_PIXELS, check_dimensions, header_dimensions
from photos.imaging.format_table import REFUSED, TAKEN, Refused, Taken
from photos.imaging.formats import CONTENT_TYPES, Format, preflight, sniff
from photos.imaging.rejections import SENTENCES, Rejected
from tests.imaging.pictures import encoded, quadrants


def iso_media(major: bytes, *compatible: bytes) -> bytes:
    brands = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I4s", 8 + len(brands), b"ftyp") + brands + bytes(64)


def code_of(look: Callable[[], object]) -> str:
    """Return the code of the rejection; "" if the file is accepted."""
    try:
        look()
    except Rejected as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"])
def test_a_picture_is_told_by_its_first_bytes(name: str) -> None:
    assert sniff(encoded(quadrants(), name)[:64]) is Format(name)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (iso_media(b"heic", b"mif1", b"heic"), Format.HEIF),
        (iso_media(b"mif1", b"heic"), Format.HEIF),
        (iso_media(b"mif1", b"avif", b"miaf"), Format.AVIF),
        (b"MM\0*" + bytes(20), Format.TIFF),
        (b"II+\0" + bytes(20), Format.TIFF),
    ],
)
def test_families_are_told_apart(head: bytes, expected: Format) -> None:
    assert sniff(head) is expected


KNOWN_OTHERS = [
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"),
    (b"\xc5\xd0\xd3\xc6" + bytes(30), "EPS"),
    (b"%PDF-1.7\n", "PDF"),
    (b"8BPS\0\1", "Photoshop"),
    (b"BM\x36\x10\0\0\0\0\0\0\x36\0", "BMP"),
    (b"\0\0\1\0\1\0", "icon"),
    (b"\0\0\2\0\1\0", "icon"),
    (b"\0\0\2\0\0\0\0\0\0\0\0\0\xc8\0", "Targa"),
    (b"\x0c\0\x0a\0\0\0\0\0\0\0\0\0\xc8\0", "Targa"),
    (b"\xff\x0a\xfa\x1f", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
    (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<svg>", "SVG"),
    (b"<!DOCTYPE html><svg>", "web page"),
    (b"PK\x03\x04\x14\0", "archive"),
    (b"II*\0\x10\0\0\0CR\2\0", "raw"),
    (b"IIU\0\x18\0\0\0", "raw"),
    (b"FUJIFILMCCD-RAW ", "raw"),
    (iso_media(b"crx ", b"isom"), "raw"),
    (iso_media(b"isom", b"mp42"), "video"),
    (iso_media(b"qt  "), "video"),
    (b"\0\0\0\x08wide\0\0\0\x20mdat", "video"),
    (b"\x1aE\xdf\xa3\x01\0", "video"),
    (b"RIFF\0\0\0\0AVI LIST", "video"),
]


@pytest.mark.parametrize(("head", "what"), KNOWN_OTHERS)
def test_what_we_do_not_take_is_told_what_it_is(head: bytes, what: str) -> None:
    with pytest.raises(Rejected) as refused:
        sniff(head)
    assert refused.value.code == "unsupported_format"
    assert what in refused.value.sentence
    assert "Please" in refused.value.sentence or "please" in refused.value.sentence


@pytest.mark.parametrize(
    "head", [b"\0" * 64, b"hello, world", b"BMW is a car", b"RIFF", b"\xff\xd8", b"GIF8"]
)
def test_anything_else_is_not_an_image(head: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        sniff(head)
    assert refused.value.code == "not_an_image"


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(Rejected) as refused:
        sniff(b"")
    assert refused.value.code == "empty"


@given(st.binary(max_size=200))
def test_sniffing_answers_or_rejects_whatever_it_gets(head: bytes) -> None:
    assert code_of(lambda: sniff(head)) in {"", *SENTENCES}


@given(
    st.sampled_from([b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X", b"\x89PNG\r\n\x1a\n", b"GIF89a"]), st.binary()
)
def test_looking_ahead_answers_or_rejects_whatever_it_gets(head: bytes, rest: bytes) -> None:
    assert code_of(lambda: preflight(head + rest, sniff(head + rest))) in {"", *SENTENCES}


@pytest.mark.parametrize(
    "options", [{}, {"lossless": True}, {"lossless": True, "exif": b"Exif\0\0MM\0*" + bytes(8)}]
)
def test_webp_headers_are_read_in_all_three_layouts(options: dict[str, object]) -> None:
    assert header_dimensions(encoded(quadrants(100, 60), "WEBP", **options)) == (100, 60)


@pytest.mark.parametrize("name", ["PNG", "GIF"])
def test_headers_tell_the_size(name: str) -> None:
    assert header_dimensions(encoded(quadrants(100, 60), name)) == (100, 60)


@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (8, 8, ""),
        (40_000, 3_000, ""),
        (8, 3_200, ""),
        (12_000, 10_000, ""),
        (12_000, 10_001, "too_many_pixels"),
        (40_001, 2_000, "side_too_long"),
        (7, 100, "too_small"),
        (1, 65_500, "side_too_long"),
        (8, 3_201, "too_narrow"),
        (0, 10, "unreadable"),
    ],
)
def test_bounds_hold_to_the_pixel(width: int, height: int, code: str) -> None:
    assert code_of(lambda: check_dimensions(width, height)) == code
    assert code or width * height <= MAX_PIXELS


def test_every_format_is_a_row_of_the_table_in_all_its_parts() -> None:
    assert set(TAKEN) == set(Format)
    assert len(OPENERS) == len(TAKEN)
    for each, taken in TAKEN.items():
        assert taken.content_type in CONTENT_TYPES
        assert taken.endings
        assert taken.signature or taken.brands
        assert each.value in Image.OPEN, f"{taken.opener} reads {each}"


def test_no_ending_and_no_brand_stands_for_two_kinds() -> None:
    rows: list[Taken | Refused] = [*TAKEN.values(), *REFUSED]
    for words in ([row.endings for row in rows], [row.brands for row in rows]):
        flat = [word for each in words for word in each]
        assert len(flat) == len(set(flat))


def test_a_refusal_for_pixels_says_how_many_there_are() -> None:
    with pytest.raises(Rejected, match="200 megapixels"):
        check_dimensions(16_320, 12_240)
