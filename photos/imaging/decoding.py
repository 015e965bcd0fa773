"""Decode untrusted bytes to a picture in memory that is not much larger than needed, in its own colours.

The order matters: check bounds before the decoder allocates, set a JPEG's draft size before loading, read EXIF after
loading (Pillow's PNG reader hides a broken picture when EXIF is read earlier), turn the picture after the downscale
(6 ms instead of 200).
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final

import pi_heif
from PIL import AvifImagePlugin, Image, ImageFile, JpegImagePlugin, TiffImagePlugin

from photos.imaging import jpeg_structure
from photos.imaging.dimensions import MAX_PIXELS, check_dimensions
from photos.imaging.format_table import RAW_SENTENCE, TAKEN
from photos.imaging.formats import SNIFF_BYTES, Format, preflight, sniff
from photos.imaging.rejections import Rejected

# Imported so that Pillow finds these openers without loading its other forty.
OPENERS: Final = tuple(import_module(taken.opener) for taken in TAKEN.values())
pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

# A JPEG decoder can downscale cheaply, but needs a margin for the better resampling afterwards. Small pictures show
# the difference sooner, and a larger margin costs them little. (1.46: a camera of 24 megapixels has 6,000 pixels on
# the long side; half of that is enough for 2,048.)
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
    """A decoded first frame, not yet turned. `size` is the stored one; the image of a JPEG may be smaller."""

    image: Image.Image
    format: Format
    size: tuple[int, int]
    orientation: int
    icc_profile: bytes
    notes: list[str] = field(default_factory=list)

    @property
    def upright_size(self) -> tuple[int, int]:
        """The original's size (width, height) in pixels once it is turned upright."""
        return upright_size(self.size, self.orientation)


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return a stored size as it is once the picture is turned by its EXIF orientation."""
    return size if orientation < _SIDEWAYS_FROM else size[::-1]


def decode(data: bytes, *, edge_for: EdgeFor, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decode the main picture of a file.

    `edge_for(upright size)` returns the longer side in pixels that is needed; a JPEG is decoded to that with a margin.
    Raises Rejected for what cannot become a photo, MemoryError when limited memory runs out.
    """
    format = sniff(data[:SNIFF_BYTES])  # noqa: A001 - the word for it
    preflight(data, format, max_pixels)
    Image.MAX_IMAGE_PIXELS = max_pixels  # global, but every job is a process of its own
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


def _open(data: bytes, format: Format) -> ImageFile.ImageFile:  # noqa: A002 - the field's word
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of a malformed MPO and reads it as a JPEG: fine
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[format])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Rejected("too_many_pixels", detail=str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # Pillow's openers let any error of their parsers through
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
    except Exception as error:  # Pillow's decoders let any error of their parsers through
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> Rejected:
    message = f"{type(error).__name__}: {error}"
    if "memory" in message.lower():
        return Rejected("out_of_memory", detail=message)
    is_cut = "truncated" in message.lower() or "end of file" in message.lower()
    return Rejected("truncated" if is_cut else "unreadable", detail=message)


def _load_without_end(
    data: bytes,
    format: Format,  # noqa: A002 - the field's word
    edge_for: EdgeFor,
    rejected: Rejected,
) -> ImageFile.ImageFile:
    """Load a JPEG again with the end marker that some cameras forget. Raises `rejected` if more is missing."""
    is_candidate = rejected.code == "truncated" and format is Format.JPEG
    if not is_candidate or not _only_end_is_missing(jpeg_structure.read_structure(data)):
        raise rejected
    image = _open(data + _EOI, format)
    _load(image, edge_for)
    bottom = image.crop((0, max(0, image.height - 4), *image.size))
    if all(len(set(band.getextrema())) == 1 for band in bottom.split()):
        raise rejected  # the decoder fills missing lines with one colour
    return image


def _only_end_is_missing(structure: jpeg_structure.Structure) -> bool:
    return structure.data_end is None and structure.is_sequential and structure.scans == 1


def _check_not_raw(image: ImageFile.ImageFile) -> None:
    """Raise Rejected for a camera raw file: a TIFF whose first picture is only a tiny preview."""
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


def orientation_of(image: Image.Image, format: Format) -> int:  # noqa: A002 - the field's word
    """Return how the loaded pixels are to be turned, 1 to 8 as in EXIF; 1 for any other value.

    libheif turns HEIF pictures itself, Pillow's reader turns TIFFs, and both remove the tag.
    """
    if TAKEN[format].turns_itself:
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - hostile EXIF; the picture itself is loaded and good
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
