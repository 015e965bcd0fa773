"""Finished pictures to files, and files checked as those who fetch them will read them."""

from __future__ import annotations

import io
from typing import Any, Final

from PIL import Image

from photos.imaging.renditions import Spec
from photos.imaging.results import RenditionBytes

_CARRIED: Final = frozenset(("exif", "icc_profile", "comment", "xmp", "photoshop", "mp", "dpi"))


class BadRendition(Exception):
    """A finished file is not what it should be: a fault of ours, not of the photo."""


def encode(image: Image.Image, spec: Spec, xmp: bytes = b"") -> RenditionBytes:
    """A still file of an RGB picture that has the size already. It carries `xmp`, and nothing else."""
    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": spec.quality, **spec.encoding.options}
    if spec.is_progressive:
        options["progressive"] = True
    if xmp:
        options["xmp"] = xmp
    image.save(buffer, spec.encoding.pillow_name, **options)
    return RenditionBytes(spec, image.width, image.height, buffer.getvalue())


def verify(data: bytes, spec: Spec, size: tuple[int, int], xmp: bytes = b"") -> None:
    """Decode a finished file again. Raises BadRendition unless it is the picture promised, and only that."""
    try:
        with Image.open(io.BytesIO(data), formats=[spec.encoding.pillow_name]) as image:
            image.load()
            found, carried = (image.mode, image.size), _CARRIED & set(image.info)
            credit = image.info.get("xmp", b"")
            frames = getattr(image, "n_frames", 1)
    except (OSError, ValueError, SyntaxError) as error:
        raise BadRendition(f"{spec} does not decode: {error}") from error
    if found not in _promised(spec, size):
        raise BadRendition(f"{spec} is {found}, not RGB {size}")
    if (frames > 1) != spec.is_animated:
        raise BadRendition(f"{spec} has {frames} frames")
    if credit != xmp or carried - {"xmp"}:
        raise BadRendition(f"{spec} carries {sorted(carried)}")


def _promised(spec: Spec, size: tuple[int, int]) -> list[tuple[str, tuple[int, int]]]:
    """Pillow calls animated WebPs transparent where frames leave out what did not change."""
    return [(mode, size) for mode in (("RGB", "RGBA", "RGBX") if spec.is_animated else ("RGB",))]
