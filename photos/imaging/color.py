"""Convert the pixels of any file to opaque 8-bit sRGB, on white where they were transparent.

Transparent pictures are laid on white in every output format, so that a photo looks the same in each file that a
browser may pick, and on light and dark pages.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageCms

_SRGB: Final = ImageCms.createProfile("sRGB")
_LAB: Final = ImageCms.createProfile("LAB")
_LARGEST_SHIFT_OF_SRGB: Final = 2  # in 255: profiles that call themselves sRGB differ by rounding

_GREY_16: Final = frozenset(("I;16", "I;16B", "I;16L", "I;16N"))
_PREMULTIPLIED: Final = {"La": "LA", "RGBa": "RGBA"}


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Return the picture in mode L, RGB, CMYK or LAB: opaque, on white, its colours not yet converted."""
    if image.mode in _GREY_16:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        return _scale_to_eight_bits(image)
    if image.mode in _PREMULTIPLIED:
        image = image.convert(_PREMULTIPLIED[image.mode])
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _scale_to_eight_bits(image: Image.Image) -> Image.Image:
    """Return 32-bit grey in mode L. White is not defined: take the first of 1.0, 255, 65535, maximum that fits."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0).clip(min=0)
    brightest = float(values.max())
    is_unit = image.mode == "F" and brightest <= 1
    white = 1.0 if is_unit else next((limit for limit in (255.0, 65535.0) if brightest <= limit), brightest)
    return Image.fromarray((values * (255 / white)).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    with_alpha, opaque = ("LA", "L") if image.mode in ("1", "L", "LA") else ("RGBA", "RGB")
    if image.mode != with_alpha:
        image = image.convert(with_alpha)
    if image.getextrema()[-1] == (255, 255):
        return image.convert(opaque)
    white = Image.new(opaque, image.size, "white")
    white.paste(image, mask=image)  # uses its alpha without copying it: that matters at 100 megapixels
    return white


def to_srgb(image: Image.Image, icc_profile: bytes) -> tuple[Image.Image, str]:
    """Return a picture of mode L, RGB, CMYK or LAB as sRGB in mode RGB, and a note if its profile cannot be used."""
    if image.mode == "LAB":
        return ImageCms.applyTransform(image, _transform_from_lab()) or image, ""
    if not icc_profile:
        return image.convert("RGB"), ""
    try:
        transform = _transform(icc_profile, image.mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        return image.convert("RGB"), f"colour profile ignored: {error}"[:120]
    if transform is None:
        return image.convert("RGB"), ""
    return ImageCms.applyTransform(image, transform) or image, ""


@lru_cache(maxsize=32)
def _transform(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile to sRGB; None if it changes nothing. Building takes 4 ms, applying 60 ms."""
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)),
        _SRGB,
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return None if _changes_nothing(transform, mode) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether samples of all colours stay the same. A profile's name does not prove that it is sRGB."""
    if mode not in ("L", "RGB"):
        return False
    samples = _samples(mode)
    converted = ImageCms.applyTransform(samples, transform) or samples
    shift = np.asarray(converted, dtype=np.int16) - np.asarray(samples.convert("RGB"), dtype=np.int16)
    return int(np.abs(shift).max()) <= _LARGEST_SHIFT_OF_SRGB


@lru_cache(maxsize=2)
def _samples(mode: str) -> Image.Image:
    steps = np.linspace(0, 255, 16 if mode == "RGB" else 64).round().astype(np.uint8)
    if mode == "L":
        return Image.fromarray(steps[None, :])
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1)
    return Image.fromarray(grid.reshape(64, 64, 3))


@lru_cache(maxsize=1)
def _transform_from_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(_LAB, _SRGB, "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
