"""The same files by libvips, as its documentation recommends: shrink on load, then a cascade."""

from __future__ import annotations

from typing import Any

import pyvips

from photos.imaging.renditions import EDGES, SQUARE_EDGE, Spec, specs_for
from tests.bench.worker import Files, serve

_SHARPEN = pyvips.Image.new_from_array([[-1, -1, -1], [-1, 32, -1], [-1, -1, -1]], scale=24)


def make(original: bytes) -> Files:
    """Return all still files; the square is libvips' own smart crop ('attention')."""
    header = pyvips.Image.new_from_buffer(original, "")
    has_profile = header.get_typeof("icc-profile-data") != 0
    color = {"export_profile": "srgb", "intent": "relative"} if has_profile else {}
    image = pyvips.Image.thumbnail_buffer(
        original, EDGES[-1], height=EDGES[-1], size="down", **color
    ).copy_memory()
    ladder: dict[int, Any] = {}
    for edge in reversed(EDGES):
        if max(image.width, image.height) > edge:
            image = image.thumbnail_image(edge, height=edge, size="down").copy_memory()
        ladder[edge] = image
    square = ladder[640].thumbnail_image(SQUARE_EDGE, height=SQUARE_EDGE, crop="attention").copy_memory()
    files = {}
    sharpened: dict[tuple[int, bool], Any] = {}
    for spec in specs_for(ladder[EDGES[-1]].width, ladder[EDGES[-1]].height):
        key = (spec.edge, spec.is_square)
        if key not in sharpened:
            sharpened[key] = _sharpened(square if spec.is_square else ladder[spec.edge])
        files[f"{spec.name}{spec.suffix}"] = _encoded(sharpened[key], spec)
    return files


def _sharpened(image: Any) -> Any:
    return image.conv(_SHARPEN, precision="integer").copy_memory()


def _encoded(image: Any, spec: Spec) -> bytes:
    if spec.format == "jpeg":
        data = image.jpegsave_buffer(
            Q=spec.quality, optimize_coding=True, interlace=spec.is_progressive, keep="none"
        )
    elif spec.format == "webp":
        data = image.webpsave_buffer(Q=spec.quality, effort=2, keep="none")
    else:
        data = image.heifsave_buffer(Q=spec.quality, effort=0, compression="av1", bitdepth=8, keep="none")
    return bytes(data)


if __name__ == "__main__":
    pyvips.cache_set_max(0)
    serve(make)
