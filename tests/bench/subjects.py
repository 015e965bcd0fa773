"""The photos that are measured: camera files if there are any, else pictures made here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

SIZES: Final = (12, 24, 48, 100)  # megapixels; the last is for memory only
_CAMERA_FILES: Final = {12: "iphone6s_12mp_gps.jpg", 24: "beer_24mp_progressive.jpg"}
_MADE: Final = {12: (4032, 3024), 24: (6000, 4000), 48: (8064, 6048), 100: (11_584, 8_688)}
_QUALITY: Final = 92


@dataclass(frozen=True)
class Subject:
    """One JPEG."""

    megapixels: int
    path: Path
    origin: str

    @property
    def is_timed(self) -> bool:
        """Whether speed is measured with it, too."""
        return self.megapixels != SIZES[-1]


def subjects(photos: Path, work: Path) -> list[Subject]:
    """Return a JPEG of each size: from `photos`, or made once and kept in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return [_subject(size, photos, work) for size in SIZES]


def _subject(size: int, photos: Path, work: Path) -> Subject:
    camera_file = photos / _CAMERA_FILES.get(size, "none")
    if camera_file.exists():
        return Subject(size, camera_file, f"camera file {camera_file.name}")
    tile = photos / _CAMERA_FILES[12]
    kind = "mosaic" if tile.exists() else "made"
    path = work / f"{kind}-{size}.jpg"
    if not path.exists():
        with Image.open(tile) if tile.exists() else _texture(4032, 3024) as picture:
            _mosaic(picture, _MADE[size]).save(path, quality=_QUALITY)
    return Subject(
        size, path, f"mosaic of {tile.name}" if kind == "mosaic" else "made of noise and gradients"
    )


def _mosaic(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return copies of a tile side by side, with as much detail a pixel as the tile has."""
    picture = Image.new("RGB", size)
    for top in range(0, size[1], tile.height):
        for left in range(0, size[0], tile.width):
            picture.paste(tile, (left, top))
    return picture


def _texture(width: int, height: int) -> Image.Image:
    """Return noise of all sizes over a gradient; finer noise is weaker, as in photos."""
    random = np.random.default_rng(12)
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    for cells in (8, 32, 128, 512, 2048):
        coarse = random.integers(0, 256, (cells * height // width, cells, 3), dtype=np.uint8)
        layer = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        picture = Image.blend(picture, layer, 0.3)
    return picture
