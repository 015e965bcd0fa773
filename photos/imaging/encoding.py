"""Encode finished pictures to files, and verify files by decoding them as a browser will."""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from photos.imaging.renditions import Spec
from photos.imaging.results import RenditionBytes

_METADATA: Final = frozenset(("exif", "icc_profile", "comment", "xmp", "photoshop", "mp", "dpi"))


class BadRendition(Exception):
    """An encoded file is not what it should be. This is our fault, not the photo's."""


def encode(image: Image.Image, spec: Spec, xmp: bytes = b"") -> RenditionBytes:
    """Return the still file of an RGB picture that has the file's size. Its only metadata is `xmp`."""
    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": spec.quality, **spec.encoding.options}
    if spec.is_progressive:
        options["progressive"] = True
    if xmp:
        options["xmp"] = xmp
    image.save(buffer, spec.encoding.pillow_name, **options)
    return RenditionBytes(spec, image.width, image.height, buffer.getvalue())


def verify(data: bytes, spec: Spec, size: tuple[int, int], xmp: bytes = b"") -> None:
    """Decode a file again. Raises BadRendition unless it has this mode, size and `xmp`, and no other metadata."""
    try:
        with Image.open(io.BytesIO(data), formats=[spec.encoding.pillow_name]) as image:
            image.load()
            mode_and_size = (image.mode, image.size)
            metadata = _METADATA & set(image.info)
            found_xmp = image.info.get("xmp", b"")
            frames = getattr(image, "n_frames", 1)
    except (OSError, ValueError, SyntaxError) as error:
        raise BadRendition(f"{spec} does not decode: {error}") from error
    if mode_and_size not in _allowed(spec, size):
        raise BadRendition(f"{spec} is {mode_and_size}, not RGB {size}")
    if (frames > 1) != spec.is_animated:
        raise BadRendition(f"{spec} has {frames} frames")
    if found_xmp != xmp or metadata - {"xmp"}:
        raise BadRendition(f"{spec} carries {sorted(metadata)}")


def _allowed(spec: Spec, size: tuple[int, int]) -> list[tuple[str, tuple[int, int]]]:
    """Return (mode, size) pairs. Pillow calls an animated WebP transparent if a frame omits what did not change."""
    return [(mode, size) for mode in (("RGB", "RGBA", "RGBX") if spec.is_animated else ("RGB",))]
