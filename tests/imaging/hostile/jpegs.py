"""JPEGs: cut, bombs, structures that no camera writes, and things hidden in them."""

import struct

from PIL import Image

from tests.imaging.hostile.case import BASELINE, PROGRESSIVE, RENDERED, Table, segment, with_segments
from tests.imaging.pictures import encoded, noise, quadrants


def frame_of(data: bytes) -> int:
    """Return the offset of the frame header."""
    return next(at for marker in (b"\xff\xc0", b"\xff\xc2") if (at := data.find(marker)) >= 0)


def resized(data: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header claims another size."""
    at = frame_of(data) + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def patched(offset: int, value: int, data: bytes = BASELINE) -> bytes:
    """Return a JPEG with a byte of its frame header changed; the offset counts from the marker."""
    at = frame_of(data) + offset
    return data[:at] + bytes([value]) + data[at + 1 :]


def without(marker: int) -> bytes:
    """Return a JPEG without its segments of a kind."""
    data, position = BASELINE[:2], 2
    while BASELINE[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(BASELINE[position + 2 : position + 4], "big")
        data += b"" if BASELINE[position + 1] == marker else BASELINE[position:end]
        position = end
    return data + BASELINE[position:]


def scan_bomb(between: bytes = b"") -> bytes:
    """Return a progressive JPEG whose last scan is repeated a hundred times."""
    last = PROGRESSIVE.rfind(b"\xff\xda")
    return PROGRESSIVE[:-2] + between + PROGRESSIVE[last:-2] * 100 + b"\xff\xd9"


def scans_in_the_header() -> bytes:
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00"
    return PROGRESSIVE[:2] + scan * 100 + PROGRESSIVE[2:]


def multi_picture(*, is_broken: bool = False) -> bytes:
    data = encoded(quadrants(), "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240))])
    if is_broken:
        at = data.find(b"MPF\0") + 12
        data = data[:at] + bytes(b ^ 0xA5 for b in data[at : at + 40]) + data[at + 40 :]
    return data


def ycck() -> bytes:
    """Return a JPEG with four channels, the first three YCbCr."""
    data = encoded(quadrants().convert("CMYK"), "JPEG")
    at = data.find(b"Adobe") + 11
    return data[:at] + b"\x02" + data[at + 1 :]


CASES: Table = {
    "only its first two bytes": (lambda: b"\xff\xd8", "not_an_image"),
    "four bytes": (lambda: BASELINE[:4], "unreadable"),
    "cut in the tables": (lambda: BASELINE[:300], "truncated"),
    "cut after the frame header": (lambda: BASELINE[: BASELINE.find(b"\xff\xda")], "unreadable"),
    "cut in half": (lambda: BASELINE[: len(BASELINE) // 2], "truncated"),
    "cut in the last rows": (lambda: BASELINE[:-3000], "truncated"),
    "progressive cut in half": (lambda: PROGRESSIVE[: len(PROGRESSIVE) // 2], "truncated"),
    "lacks only its end": (lambda: BASELINE[:-2], RENDERED),
    "scan bomb": (scan_bomb, "too_complex"),
    "scan bomb behind a comment that looks like the end": (
        lambda: scan_bomb(segment(0xFE, b"\xff\xd9\xff\xd9")),
        "too_complex",
    ),
    "scan bomb before the frame": (scans_in_the_header, "too_complex"),
    "10,000 segments": (lambda: with_segments(segment(0xFE, b"") * 10_000), "too_complex"),
    "36 MB of segments": (lambda: with_segments(segment(0xE5, bytes(65_000)) * 560), "too_complex"),
    "4 gigapixels": (lambda: resized(PROGRESSIVE, 65_500, 65_500), "too_many_pixels"),
    "100 megapixels in 60 kB": (lambda: resized(BASELINE, 10_000, 10_000), "truncated"),
    "100 megapixels in 60 kB, progressive": (lambda: resized(PROGRESSIVE, 9_900, 9_900), "truncated"),
    "1 x 65,500": (lambda: resized(PROGRESSIVE, 1, 65_500), "side_too_long"),
    "no height": (lambda: resized(BASELINE, 301, 0), "unreadable"),
    "no width": (lambda: resized(BASELINE, 0, 203), "unreadable"),
    "12 bits deep": (lambda: patched(4, 12), "unreadable"),
    "arithmetic coding": (lambda: patched(1, 0xC9), RENDERED),
    "lossless coding": (lambda: patched(1, 0xC3), "unreadable"),
    "hierarchical coding": (lambda: patched(1, 0xC5), "unreadable"),
    "255 components": (lambda: patched(9, 255), "unreadable"),
    "two components": (lambda: patched(9, 2), "unreadable"),
    "sampling by zero": (lambda: patched(11, 0), "unreadable"),
    "sampling by fifteen": (lambda: patched(11, 0xFF), "unreadable"),
    "a table that is not there": (lambda: patched(12, 3), "unreadable"),
    "no tables of quantisation": (lambda: without(0xDB), "unreadable"),
    "no tables of codes": (lambda: without(0xC4), RENDERED),
    "a scan before the frame": (
        lambda: with_segments(segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")),
        "unreadable",
    ),
    "two frames of two sizes": (
        lambda: with_segments(segment(0xC0, b"\x08\x27\x10\x27\x10\x01\x01\x11\x00")),
        "unreadable",
    ),
    "restart markers that are not there": (lambda: with_segments(segment(0xDD, b"\0\1")), RENDERED),
    "noise for data": (
        lambda: BASELINE[: BASELINE.find(b"\xff\xda") + 14] + noise(200, 200).tobytes(),
        "unreadable",
    ),
    "thousands of fill bytes": (lambda: BASELINE[:2] + b"\xff" * 50_000 + BASELINE[2:], RENDERED),
    "a PHP script in a comment": (
        lambda: with_segments(segment(0xFE, b"<?php system($_GET[0]); ?>")),
        RENDERED,
    ),
    "an archive behind it": (lambda: BASELINE + b"PK\x03\x04" + bytes(9_999), RENDERED),
    "a web page behind it": (lambda: BASELINE + b"<script>alert(1)</script>", RENDERED),
    "a film behind it": (lambda: BASELINE + b"\0\0\0\x18ftypmp42" + bytes(99_999), RENDERED),
    "false scans behind it": (lambda: BASELINE + b"\xff\xda" * 5_000, RENDERED),
    "two pictures": (multi_picture, RENDERED),
    "two pictures with a broken index": (lambda: multi_picture(is_broken=True), RENDERED),
    "inks": (lambda: encoded(quadrants().convert("CMYK"), "JPEG"), RENDERED),
    "inks stored as brightness and colour": (ycck, RENDERED),
    "grey": (lambda: encoded(noise().convert("L"), "JPEG"), RENDERED),
    "smallest that is taken": (lambda: encoded(noise(8, 8), "JPEG"), RENDERED),
    "one pixel": (lambda: encoded(noise(1, 1), "JPEG"), "too_small"),
    "a strip": (lambda: encoded(noise(3201, 8), "JPEG"), "too_narrow"),
    "as narrow as is taken": (lambda: encoded(noise(3200, 8), "JPEG"), RENDERED),
}
