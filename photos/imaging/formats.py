"""The formats that can be uploaded, recognised by a file's first bytes, never by its name or declared type."""

from __future__ import annotations

import re
from typing import Final

from photos.imaging import jpeg_structure
from photos.imaging.dimensions import MAX_PIXELS, check_dimensions, header_dimensions
from photos.imaging.format_table import REFUSED, TAKEN, Format
from photos.imaging.rejections import Rejected

__all__ = ["CHOOSABLE", "CONTENT_TYPES", "MOVING", "SNIFF_BYTES", "Format", "Rejected", "preflight", "sniff"]

SNIFF_BYTES: Final = 4096
MOVING: Final = frozenset(each for each, taken in TAKEN.items() if taken.moves)
# What file dialogs and share sheets offer.
CHOOSABLE: Final = (
    *(taken.content_type for taken in TAKEN.values()),
    *(word for taken in TAKEN.values() for word in taken.choosable),
)
CONTENT_TYPES: Final = frozenset(word for word in CHOOSABLE if "/" in word)


def _compiled(signature: str, *, ignores_case: bool = False) -> re.Pattern[bytes]:
    # A pattern without alternatives matches nothing: a format may be known by its brands alone.
    text = signature or "(?!)"
    return re.compile(text.encode("ascii"), re.DOTALL | (re.IGNORECASE if ignores_case else 0))


_TAKEN: Final = [
    (_compiled(taken.signature), {brand.encode() for brand in taken.brands}, each)
    for each, taken in TAKEN.items()
]
_REFUSED: Final = [
    (
        _compiled(refused.signature, ignores_case=refused.ignores_case),
        {brand.encode() for brand in refused.brands},
        refused.sentence,
    )
    for refused in REFUSED
]


def sniff(head: bytes) -> Format:
    """Return the format of a file from its first bytes (SNIFF_BYTES are enough).

    Raises Rejected with "empty", "unsupported_format" (its sentence names the kind of file) or "not_an_image".
    """
    if not head:
        raise Rejected("empty")
    named = _brands(head)
    for _, brands, sentence in _REFUSED:
        if named & brands:
            raise Rejected("unsupported_format", sentence)
    for signature, brands, each in _TAKEN:
        if named & brands or signature.match(head):
            return each
    for signature, _, sentence in _REFUSED:
        if signature.match(head):
            raise Rejected("unsupported_format", sentence)
    raise Rejected("not_an_image")


def _brands(head: bytes) -> set[bytes]:
    """Return the brands in the first box of an ISO media file, by which AVIF, HEIF, Canon raw and MP4 differ."""
    if head[4:8] != b"ftyp":
        return set()
    box_bytes = min(int.from_bytes(head[:4], "big"), len(head), 256)
    return {head[8:12], *(head[start : start + 4] for start in range(16, box_bytes - 3, 4))}


def preflight(data: bytes, format: Format, max_pixels: int = MAX_PIXELS) -> None:  # noqa: A002 - the word for it
    """Raise Rejected for a file that is too big, cut, or built to be slow, before any decoder reads it."""
    if format is Format.JPEG:
        jpeg_structure.check_structure(data, max_pixels)
    if format is Format.WEBP and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise Rejected("truncated", detail=f"{len(data)} bytes")
    dimensions = header_dimensions(data)
    if dimensions is not None:
        check_dimensions(*dimensions, max_pixels)
