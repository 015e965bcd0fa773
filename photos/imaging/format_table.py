"""The table of file formats: those that can be uploaded, and those that people choose by mistake, with advice for each.

All that knows formats reads it: the decoders, the upload protocol, the file dialog, the share target, and the browser's
script, which gets it as JSON. A signature is a regular expression over a file's first bytes that Python and browsers
read alike, with `.` for any byte. A brand is one of the names in the first box of an ISO media file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from photos.imaging.i18n import gettext_noop
from photos.imaging.rejections import SENTENCES


class Format(StrEnum):
    """The formats that we read. The values are the names of Pillow's openers."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    AVIF = "AVIF"
    TIFF = "TIFF"
    HEIF = "HEIF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A format that can be uploaded.

    `name` is what people call it, `endings` are those of file names, `opener` is the module that reads it. `moves` says
    that its animations are kept, `turns_itself` that its decoder turns pictures upright, `choosable` what file dialogs
    need beside the media type, since some systems do not know it.
    """

    name: str
    content_type: str
    endings: tuple[str, ...]
    opener: str
    signature: str = ""
    brands: tuple[str, ...] = ()
    moves: bool = False
    turns_itself: bool = False
    choosable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A kind of file that is no photo to us, with a sentence on what to do. `media` begins its media types."""

    sentence: str
    endings: tuple[str, ...] = ()
    signature: str = ""
    brands: tuple[str, ...] = ()
    media: str = ""
    ignores_case: bool = False


TAKEN: Final[dict[Format, Taken]] = {
    Format.JPEG: Taken(
        name="JPEG", content_type="image/jpeg", endings=("jpg", "jpeg", "jpe"),
        opener="PIL.JpegImagePlugin", signature=r"\xff\xd8\xff",
    ),
    Format.PNG: Taken(
        name="PNG", content_type="image/png", endings=("png",),
        opener="PIL.PngImagePlugin", signature=r"\x89PNG\r\n\x1a\n", moves=True,
    ),
    Format.WEBP: Taken(
        name="WebP", content_type="image/webp", endings=("webp",),
        opener="PIL.WebPImagePlugin", signature=r"RIFF....WEBP", moves=True,
    ),
    Format.GIF: Taken(
        name="GIF", content_type="image/gif", endings=("gif",),
        opener="PIL.GifImagePlugin", signature=r"GIF8[79]a", moves=True,
    ),
    # Before HEIF: files of both name the general brands, too.
    Format.AVIF: Taken(
        name="AVIF", content_type="image/avif", endings=("avif",),
        opener="PIL.AvifImagePlugin", brands=("avif", "avis"),
    ),
    Format.TIFF: Taken(
        name="TIFF", content_type="image/tiff", endings=("tif", "tiff"),
        opener="PIL.TiffImagePlugin", signature=r"II[*+]\0(?!....CR)|MM\0[*+]",
    ),
    Format.HEIF: Taken(
        name="HEIC", content_type="image/heic", endings=("heic", "heif", "hif"), opener="pi_heif",
        brands=("heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"),
        turns_itself=True, choosable=("image/heif", ".heic", ".heif"),
    ),
}  # fmt: skip

RAW_SENTENCE: Final = gettext_noop(
    "This is a camera raw file. Please export it as a JPEG from your camera or photo program first."
)
_TEXT: Final = r"(?:\xef\xbb\xbf)?\s*"

# The first that fits counts. (Other RIFF and TIFF families end here, too.)
REFUSED: Final[tuple[Refused, ...]] = (
    Refused(
        endings=(
            "3fr", "arw", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "iiq", "kdc", "mos", "mrw", "nef", "nrw",
            "orf", "pef", "raf", "raw", "rw2", "rwl", "sr2", "srf", "srw", "x3f",
        ),
        signature=r"II\*\0....CR|IIR[OS]|MMOR|IIU\0|FUJIFILM|FOVb|\0MRM",
        brands=("crx ",),
        sentence=RAW_SENTENCE,
    ),
    Refused(
        endings=(
            "3gp", "avi", "flv", "insv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogg", "ogv",
            "webm", "wmv",
        ),
        signature=r"....(ftyp|moov|mdat|wide|free|skip|pnot)|\x1aE\xdf\xa3|RIFF....AVI "
        r"|\0\0\x01[\xb3\xba]|FLV\x01|OggS",
        media="video/",
        sentence=gettext_noop("This is a video. Only photos can be uploaded: please choose a photo."),
    ),
    Refused(
        endings=("jxl",),
        signature=r"\xff\x0a|\0\0\0\x0cJXL ",
        sentence=gettext_noop(
            "JPEG XL is not shown by all browsers yet. Please save it as a JPEG and upload that."
        ),
    ),
    Refused(
        endings=("j2c", "j2k", "jp2", "jpf", "jpx"),
        signature=r"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
        sentence=gettext_noop(
            "JPEG 2000 is not shown by all browsers yet. Please save it as a JPEG and upload that."
        ),
    ),
    Refused(
        endings=("ai", "eps", "ps"),
        signature=r"%!PS|\xc5\xd0\xd3\xc6",
        sentence=gettext_noop(
            "PostScript (EPS) is a drawing, not a photo. Please export it as a PNG and upload that."
        ),
    ),
    Refused(
        endings=("pdf",),
        signature=r"%PDF",
        sentence=gettext_noop(
            "This is a PDF document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    Refused(
        endings=("psb", "psd"),
        signature=r"8BPS",
        sentence=gettext_noop(
            "This is a Photoshop document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    Refused(
        endings=("xcf",),
        signature=r"gimp xcf",
        sentence=gettext_noop(
            "This is a GIMP document. Please save the picture in it as a JPEG or PNG and upload that."
        ),
    ),
    Refused(
        endings=("bmp", "dib"),
        signature=r"BM....\0\0\0\0",
        sentence=gettext_noop("BMP images are not supported. Please save yours as a PNG or JPEG."),
    ),
    Refused(
        endings=("ico",),
        signature=r"\0\0[\x01\x02]\0(?!\0\0)",
        sentence=gettext_noop("This is an icon file. Please save it as a PNG and upload that."),
    ),
    Refused(
        endings=("tga",),
        signature=r".\0[\x02\x0a]\0{5}",
        sentence=gettext_noop(
            "Targa images are not supported. Please save yours as a PNG or JPEG."
        ),
    ),
    Refused(
        endings=("7z", "gz", "rar", "tar", "tgz", "z", "zip"),
        signature=r"PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf",
        sentence=gettext_noop("This is an archive. Please unpack it and upload the photos."),
    ),
    Refused(
        endings=("exr", "fits", "hdr"),
        signature=r"v/1\x01|#\?RADIANCE|SIMPLE  =",
        sentence=gettext_noop("High-dynamic-range files are not supported. Please export a JPEG."),
    ),
    Refused(
        endings=("htm", "html"),
        signature=_TEXT + r"<(!doctype html|html)",
        ignores_case=True,
        sentence=gettext_noop("This is a web page. Please save the picture in it."),
    ),
    Refused(
        endings=("svg", "svgz"),
        signature=_TEXT + r"<(.*<)?svg",
        ignores_case=True,
        sentence=gettext_noop("SVG is a drawing, not a photo. Please export it as a PNG and upload that."),
    ),
)  # fmt: skip


def as_json(translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the table as photos/static/photos/js/files/file-kinds.js reads it, with translated sentences."""
    return {
        "taken": [
            {
                "type": taken.content_type,
                "endings": taken.endings,
                "signature": taken.signature,
                "brands": taken.brands,
            }
            for taken in TAKEN.values()
        ],
        "refused": [
            {
                "endings": refused.endings,
                "signature": refused.signature,
                "brands": refused.brands,
                "media": refused.media,
                "flags": "si" if refused.ignores_case else "s",
                "sentence": translate(refused.sentence),
            }
            for refused in REFUSED
        ],
        "unknown": translate(SENTENCES["not_an_image"]),
        "unsupported": translate(SENTENCES["unsupported_format"]),
    }
