"""The formats that can be uploaded, recognised by a file's first bytes, never by its name or declared type."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from photos.imaging import jpeg_structure
from photos.imaging.dimensions import MAX_PIXELS, check_dimensions, header_dimensions
from photos.imaging.i18n import gettext_noop
from photos.imaging.rejections import Rejected

__all__ = [
    "CHOOSABLE",
    "CONTENT_TYPES",
    "MOVING",
    "RAW_SENTENCE",
    "SNIFF_BYTES",
    "Format",
    "Rejected",
    "preflight",
    "sniff",
]

SNIFF_BYTES: Final = 4096


class Format(StrEnum):
    """The formats that we read. The values are the names of Pillow's openers."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    AVIF = "AVIF"
    TIFF = "TIFF"
    HEIF = "HEIF"


MOVING: Final = frozenset((Format.GIF, Format.WEBP, Format.PNG))  # formats whose animations are kept

CONTENT_TYPES: Final[dict[Format, str]] = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.WEBP: "image/webp",
    Format.GIF: "image/gif",
    Format.AVIF: "image/avif",
    Format.TIFF: "image/tiff",
    Format.HEIF: "image/heic",
}

# What file dialogs and share sheets offer: also endings, since some systems do not know the type of HEIC.
CHOOSABLE: Final = (*CONTENT_TYPES.values(), "image/heif", ".heic", ".heif")

_SIGNATURES: Final[tuple[tuple[re.Pattern[bytes], Format], ...]] = (
    (re.compile(rb"\xff\xd8\xff"), Format.JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Format.PNG),
    (re.compile(rb"GIF8[79]a"), Format.GIF),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), Format.WEBP),
    (re.compile(rb"II[*+]\0(?!....CR)|MM\0[*+]", re.DOTALL), Format.TIFF),
)

RAW_SENTENCE: Final = gettext_noop(
    "This is a camera raw file. Please export it as a JPEG from your camera or photo program first."
)
_VIDEO: Final = gettext_noop("This is a video. Only photos can be uploaded: please choose a photo.")
_TEXT: Final = rb"(?:\xef\xbb\xbf)?\s*"

# Files that people choose by mistake, each with a sentence on what to do. (Other RIFF and TIFF families end here, too.)
_KNOWN_OTHERS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (re.compile(rb"II\*\0....CR|IIR[OS]|MMOR|IIU\0|FUJIFILM|FOVb|\0MRM", re.DOTALL), RAW_SENTENCE),
    (re.compile(rb"\x1aE\xdf\xa3|RIFF....AVI |\0\0\x01[\xb3\xba]|FLV\x01|OggS", re.DOTALL), _VIDEO),
    (re.compile(rb"....(moov|mdat|wide|free|skip|pnot)", re.DOTALL), _VIDEO),
    (
        re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "),
        gettext_noop("JPEG XL is not shown by all browsers yet. Please save it as a JPEG and upload that."),
    ),
    (
        re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
        gettext_noop("JPEG 2000 is not shown by all browsers yet. Please save it as a JPEG and upload that."),
    ),
    (
        re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"),
        gettext_noop(
            "PostScript (EPS) is a drawing, not a photo. Please export it as a PNG and upload that."
        ),
    ),
    (
        re.compile(rb"%PDF"),
        gettext_noop(
            "This is a PDF document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    (
        re.compile(rb"8BPS"),
        gettext_noop(
            "This is a Photoshop document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    (
        re.compile(rb"gimp xcf"),
        gettext_noop(
            "This is a GIMP document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    (
        re.compile(rb"BM....\0\0\0\0", re.DOTALL),
        gettext_noop("BMP images are not supported. Please save it as a PNG or JPEG and upload that."),
    ),
    (
        re.compile(rb"\0\0[\x01\x02]\0(?!\0\0)"),
        gettext_noop("This is an icon file. Please save it as a PNG and upload that."),
    ),
    (
        re.compile(rb".\0[\x02\x0a]\0{5}", re.DOTALL),
        gettext_noop("Targa images are not supported. Please save it as a PNG or JPEG and upload that."),
    ),
    (
        re.compile(rb"PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf"),
        gettext_noop("This is an archive. Please unpack it and upload the photos."),
    ),
    (
        re.compile(rb"v/1\x01|#\?RADIANCE|SIMPLE  ="),
        gettext_noop("High-dynamic-range files are not supported. Please export a JPEG."),
    ),
    (
        re.compile(_TEXT + rb"<(!doctype html|html)", re.IGNORECASE),
        gettext_noop("This is a web page. Please save the picture in it."),
    ),
    (
        re.compile(_TEXT + rb"<(.*<)?svg", re.IGNORECASE | re.DOTALL),
        gettext_noop("SVG is a drawing, not a photo. Please export it as a PNG and upload that."),
    ),
)

_AVIF_BRANDS: Final = {b"avif", b"avis"}
_HEIF_BRANDS: Final = {
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"hevm",
    b"hevs",
    b"mif1",
    b"msf1",
}
_RAW_BRANDS: Final = {b"crx "}


def sniff(head: bytes) -> Format:
    """Return the format of a file from its first bytes (SNIFF_BYTES are enough).

    Raises Rejected with "empty", "unsupported_format" (its sentence names the kind of file) or "not_an_image".
    """
    if not head:
        raise Rejected("empty")
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    for signature, format_ in _SIGNATURES:
        if signature.match(head):
            return format_
    for signature, sentence in _KNOWN_OTHERS:
        if signature.match(head):
            raise Rejected("unsupported_format", sentence)
    raise Rejected("not_an_image")


def _sniff_iso_media(head: bytes) -> Format:
    """Tell AVIF, HEIF, Canon raw and MP4 apart, which share one container, by the brands in its first box."""
    box_bytes = min(int.from_bytes(head[:4], "big"), len(head), 256)
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, box_bytes - 3, 4))}
    if brands & _RAW_BRANDS:
        raise Rejected("unsupported_format", RAW_SENTENCE)
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    if brands & _HEIF_BRANDS:
        return Format.HEIF
    raise Rejected("unsupported_format", _VIDEO)


def preflight(data: bytes, format: Format, max_pixels: int = MAX_PIXELS) -> None:  # noqa: A002 - the word for it
    """Raise Rejected for a file that is too big, cut, or built to be slow, before any decoder reads it."""
    if format is Format.JPEG:
        jpeg_structure.check_structure(data, max_pixels)
    if format is Format.WEBP and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise Rejected("truncated", detail=f"{len(data)} bytes")
    dimensions = header_dimensions(data)
    if dimensions is not None:
        check_dimensions(*dimensions, max_pixels)
