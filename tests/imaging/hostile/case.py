"""The type of a case, and the small pictures that most cases are made of."""

import struct
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.imaging.pictures import encoded, noise

RENDERED: Final = "rendered"

Build = Callable[[], bytes]
Table = dict[str, tuple[Build, str]]


class Case(NamedTuple):
    """A file and its ending: RENDERED, or the code that it is rejected with."""

    name: str
    build: Build
    ending: str


BASELINE: Final = encoded(noise(301, 203), "JPEG")
PROGRESSIVE: Final = encoded(noise(), "JPEG", progressive=True)
PNG: Final = encoded(noise(64, 64), "PNG")


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(*segments: bytes) -> bytes:
    """Return a good JPEG with these segments before its own."""
    return BASELINE[:2] + b"".join(segments) + BASELINE[2:]


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(  # the defaults make a good one, grey
    width: int = 64,
    height: int = 64,
    *,
    depth: int = 8,
    kind: int = 0,
    body: bytes | None = None,
    before: bytes = b"",
    end: bytes = chunk(b"IEND", b""),
) -> bytes:
    """Return a PNG of these parts; `kind` is its colour type, `body` its rows before compression."""
    rows = bytes((width * depth // 8 + 1) * height) if body is None else body
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(rows)) + end
