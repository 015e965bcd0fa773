"""Bounds for the size of a picture, and the size in its header, read before a decoder allocates memory for it."""

from __future__ import annotations

import struct
from typing import Final

from photos.imaging.rejections import Rejected

# Room for cameras of 100 and 108 megapixels. A setting may say otherwise.
MAX_PIXELS: Final = 120_000_000
MAX_SIDE: Final = 40_000  # panoramas
MIN_SIDE: Final = 8
MAX_RATIO: Final = 400


def check_dimensions(width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise Rejected for a size in pixels outside of our bounds; the sentence names the size to the owner."""
    if width <= 0 or height <= 0:
        raise Rejected("unreadable", detail=f"{width}x{height}")
    if width * height > max_pixels:
        raise Rejected("too_many_pixels", _too_many(width, height, max_pixels))
    for code, is_outside in (
        ("side_too_long", max(width, height) > MAX_SIDE),
        ("too_small", min(width, height) < MIN_SIDE),
        ("too_narrow", max(width, height) > MAX_RATIO * min(width, height)),
    ):
        if is_outside:
            raise Rejected(code, detail=f"{width}x{height}")


def _too_many(width: int, height: int, max_pixels: int) -> str:
    return (
        f"This picture has {round(width * height / 1e6)} megapixels ({width} x {height}). "
        f"Please make it smaller, up to {max_pixels // 1_000_000} megapixels."
    )


def header_dimensions(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) from the header of a PNG, GIF or WebP; None for other formats or a cut header.

    Pillow's WebP opener allocates the whole canvas, so that a file of 36 bytes can ask for a gigabyte.
    """
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data.startswith(b"GIF8") and len(data) >= 10:
        width, height = struct.unpack_from("<HH", data, 6)
        return width, height
    if data.startswith(b"RIFF") and len(data) >= 30:
        return _webp_dimensions(data)
    return None


def _webp_dimensions(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
