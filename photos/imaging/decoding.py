"""From untrusted bytes to a small upright picture in memory, in whatever colours it has.

The order matters: bounds before the decoder allocates, draft before load, EXIF after load (Pillow's PNG
reader hides a broken picture when asked earlier), orientation after the downscale (6 ms instead of 200).
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pi_heif
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from photos.imaging import jpeg_structure
from photos.imaging.dimensions import MAX_PIXELS, check_dimensions
from photos.imaging.formats import RAW_SENTENCE, SNIFF_BYTES, Format, preflight, sniff
from photos.imaging.rejections import Rejected

# Named so that Pillow finds them without loading its other forty openers, which we never want.
OPENERS: Final = (
    AvifImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

# A JPEG decoder can skip detail cheaply, but a margin must stay for the good resampling afterwards; small
# pictures show what it skipped sooner, and a larger margin costs them little. (1.46: half of the 6,000 pixels that
# cameras of 24 megapixels have is enough for 2,048.)
_DRAFT_MARGIN: Final = 1.46
_DRAFT_MARGIN_OF_SMALL: Final = 2.0
_SMALL_EDGE: Final = 640

_MODES_OF_GREY: Final = frozenset(("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"))
_MODES_OF_COLOR: Final = frozenset(("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB"))
_DNG_VERSION, _CFA_REPEAT, _CFA_PATTERN, _PHOTOMETRIC, _SUB_IFDS, _MAKE = 50706, 33421, 33422, 262, 330, 271
_RAW_PHOTOMETRIC: Final = frozenset({32803, 34892})
_RAW_MAKES: Final = ("NIKON", "SONY", "PENTAX", "CANON", "RICOH", "SAMSUNG")
_ORIENTATION: Final = 0x0112
_SIDEWAYS_FROM: Final = 5
_EOI: Final = b"\xff\xd9"

EdgeFor = Callable[[tuple[int, int]], int]


@dataclass(slots=True)
class Decoded:
    """A decoded first frame, not yet turned. `size` is the original's, as stored (JPEGs may come smaller)."""

    image: Image.Image
    format: Format
    size: tuple[int, int]
    orientation: int
    icc_profile: bytes
    notes: list[str] = field(default_factory=list)

    @property
    def upright_size(self) -> tuple[int, int]:
        """The original's size once it is turned."""
        return upright_size(self.size, self.orientation)


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """A stored size as it is when the picture is turned."""
    return size if orientation < _SIDEWAYS_FROM else size[::-1]


def decode(data: bytes, *, edge_for: EdgeFor, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decode the main picture, with a margin above `edge_for(upright size)` if it has that many pixels.

    Raises Rejected for what cannot become a photo, MemoryError when memory is limited and runs out.
    """
    format = sniff(data[:SNIFF_BYTES])  # noqa: A001 - the word for it
    preflight(data, format, max_pixels)
    Image.MAX_IMAGE_PIXELS = max_pixels  # of the process; every job of ours has one of its own
    image = _open(data, format)
    check_dimensions(*image.size, max_pixels)
    _check_not_raw(image)
    stored_size = image.size
    notes: list[str] = []
    icc_profile = image.info.get("icc_profile") or b""
    try:
        _load(image, edge_for)
    except Rejected as rejected:
        image = _load_without_end(data, format, edge_for, rejected)
        notes.append("end marker missing")
    if image.mode in ("P", "PA") and image.palette is None:
        raise Rejected("unreadable", detail="no palette")
    size = stored_size if format is Format.JPEG else image.size
    return Decoded(image, format, size, orientation_of(image, format), icc_profile, notes)


def _open(data: bytes, format: Format) -> ImageFile.ImageFile:  # noqa: A002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a malformed MPO is a JPEG: fine
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[format])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Rejected("too_many_pixels", detail=str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # openers raise whatever their parsers raise
        raise _unreadable(error) from error
    if image.mode not in _MODES_OF_GREY | _MODES_OF_COLOR:
        raise Rejected("unreadable", detail=f"mode {image.mode}")
    return image


def _load(image: ImageFile.ImageFile, edge_for: EdgeFor) -> None:
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        edge = edge_for(upright_size(image.size, orientation_of(image, Format.JPEG)))
        margin = _DRAFT_MARGIN_OF_SMALL if edge <= _SMALL_EDGE else _DRAFT_MARGIN
        scale = min(1.0, edge * margin / max(image.size))
        image.draft(image.mode, (math.ceil(image.width * scale), math.ceil(image.height * scale)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # decoders raise whatever their parsers raise
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> Rejected:
    message = f"{type(error).__name__}: {error}"
    if "memory" in message.lower():
        return Rejected("out_of_memory", detail=message)
    is_cut = "truncated" in message.lower() or "end of file" in message.lower()
    return Rejected("truncated" if is_cut else "unreadable", detail=message)


def _load_without_end(
    data: bytes,
    format: Format,  # noqa: A002
    edge_for: EdgeFor,
    rejected: Rejected,
) -> ImageFile.ImageFile:
    """Some cameras forget the last two bytes of a JPEG. Add them, unless the picture was really cut."""
    is_candidate = rejected.code == "truncated" and format is Format.JPEG
    if not is_candidate or not _only_end_is_missing(jpeg_structure.read_structure(data)):
        raise rejected
    image = _open(data + _EOI, format)
    _load(image, edge_for)
    bottom = image.crop((0, max(0, image.height - 4), *image.size))
    if all(len(set(band.getextrema())) == 1 for band in bottom.split()):
        raise rejected  # the decoder paints what it did not get in one colour
    return image


def _only_end_is_missing(structure: jpeg_structure.Structure) -> bool:
    return structure.data_end is None and structure.is_sequential and structure.scans == 1


def _check_not_raw(image: ImageFile.ImageFile) -> None:
    """Camera raw files are TIFFs whose first picture is a tiny preview: do not take that for the photo."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return
    tags = image.tag_v2
    is_raw = (
        any(tag in tags for tag in (_DNG_VERSION, _CFA_REPEAT, _CFA_PATTERN))
        or tags.get(_PHOTOMETRIC) in _RAW_PHOTOMETRIC
        or (_SUB_IFDS in tags and str(tags.get(_MAKE, "")).upper().startswith(_RAW_MAKES))
    )
    if is_raw:
        raise Rejected("unsupported_format", RAW_SENTENCE)


def orientation_of(image: Image.Image, format: Format) -> int:  # noqa: A002
    """How the loaded pixels are to be turned, 1 to 8 as in EXIF; 1 for nonsense.

    libheif has turned HEIF pictures already, Pillow's reader TIFFs (and both took the note away).
    """
    if format is Format.HEIF:
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - hostile EXIF; the picture itself is loaded and good
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
