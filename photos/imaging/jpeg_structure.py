"""The structure of a JPEG: its segments, its scans, where it ends. Nothing is decoded here.

A progressive JPEG of two megabytes can ask for 20,000 passes over 64 megapixels, and Pillow parses each segment in
Python; neither libjpeg nor Pillow limits these numbers.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from photos.imaging.dimensions import MAX_PIXELS, check_dimensions
from photos.imaging.rejections import Rejected

MAX_SCANS: Final = 64
MAX_SEGMENTS: Final = 4_000
MAX_SEGMENT_BYTES: Final = 32_000_000

_SOS, _EOI = 0xDA, 0xD9
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
# The fewest bits that a block of 8 x 8 pixels takes, by the frame marker: one for its mean, and in a sequential JPEG
# one more for the end of the block.
_LEAST_BITS: Final = {0xC0: 2, 0xC1: 2, 0xC2: 1}
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
# In entropy-coded data FF is followed by 00 or a restart marker; anything else is the next segment.
_NEXT_MARKER: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")


@dataclass(frozen=True, slots=True)
class Structure:
    """Size in pixels, least bits for 64 pixels, number of scans, offsets of the data and of its end (None: missing)."""

    width: int
    height: int
    least_bits: int
    scans: int
    data_start: int
    data_end: int | None

    @property
    def is_sequential(self) -> bool:
        """Whether the picture is stored from top to bottom (baseline) rather than in passes of growing detail."""
        return self.least_bits == _LEAST_BITS[0xC0]


def check_structure(data: bytes, max_pixels: int = MAX_PIXELS) -> Structure:
    """Return the structure of the main picture. Raises Rejected for its size, "too_complex" or "truncated"."""
    structure = read_structure(data)
    if structure.width and structure.height:
        check_dimensions(structure.width, structure.height, max_pixels)
    if structure.data_start:
        length = (structure.data_end or len(data)) - structure.data_start
        if length < structure.width * structure.height / 64 * structure.least_bits / 8 - 64:
            raise Rejected("truncated", detail=f"{length} bytes for {structure.width}x{structure.height}")
    return structure


def read_structure(data: bytes) -> Structure:
    """Return the structure of the main picture, ignoring what follows it (MPO, video, gain map).

    Raises Rejected ("too_complex").
    """
    width = height = scans = segments = segment_bytes = data_start = 0
    least_bits, data_end = 0, None
    for marker, start, end in _segments(data):
        if marker == _EOI:
            data_end = start
            break
        segments, segment_bytes = segments + 1, segment_bytes + end - start
        if marker == _SOS:
            scans, data_start = scans + 1, data_start or end
        elif marker in _FRAMES and start + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, start + 5)
            least_bits = _LEAST_BITS.get(marker, 0)
        _check_counts(scans, segments, segment_bytes)
    return Structure(width, height, least_bits, scans, data_start, data_end)


def _check_counts(scans: int, segments: int, segment_bytes: int) -> None:
    if scans > MAX_SCANS or segments > MAX_SEGMENTS or segment_bytes > MAX_SEGMENT_BYTES:
        raise Rejected("too_complex", detail=f"{scans} scans, {segments} segments of {segment_bytes} bytes")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, its offset, offset behind its segment), from behind SOI up to the end or to an invalid marker."""
    position = 2
    while match := _NEXT_MARKER.search(data, position):
        marker, start = match[1][0], match.end() - 2
        if marker in _STANDALONE:
            position = match.end()
            continue
        length = 0 if marker == _EOI else int.from_bytes(data[match.end() : match.end() + 2], "big")
        position = match.end() + length
        yield marker, start, position
