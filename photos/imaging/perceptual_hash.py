"""A perceptual hash: pictures that look alike have hashes that differ in few bits.

The usual DCT hash: 32 x 32 cells of brightness, their 8 x 8 lowest frequencies, each above or below the median.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

BITS: Final = 64
_CELLS: Final = 32
_TERMS: Final = 8
_COSINES: Final = np.cos(np.pi / _CELLS * np.outer(np.arange(_TERMS), np.arange(_CELLS) + 0.5))


def phash(image: Image.Image) -> int:
    """The 64 bits of an RGB picture of any size, as a signed number: a bigint of a database holds it."""
    cells = image.convert("L").resize((_CELLS, _CELLS), Image.Resampling.BOX)
    terms = (_COSINES @ np.asarray(cells, dtype=np.float64) @ _COSINES.T).round(6).ravel()
    bits = np.packbits(terms > np.median(terms)).tobytes()
    return int.from_bytes(bits, "big", signed=True)


def distance(first: int, second: int) -> int:
    """How many of 64 bits differ: below about 10 for the same picture in another size, crop of rim or format."""
    return ((first ^ second) & (1 << BITS) - 1).bit_count()
