"""A perceptual hash: the hashes of pictures that look alike differ in few bits.

The usual DCT hash (pHash): 32 x 32 cells of brightness, their 8 x 8 lowest frequencies, a bit for each that is above
the median. The same picture in another size or format, or with its rim cropped, differs in fewer than about 10 bits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

_CELLS: Final = 32
_TERMS: Final = 8
_COSINES: Final = np.cos(np.pi / _CELLS * np.outer(np.arange(_TERMS), np.arange(_CELLS) + 0.5))


def phash(image: Image.Image) -> int:
    """Return the 64-bit hash of an RGB picture of any size, as a signed integer that fits a bigint column."""
    cells = image.convert("L").resize((_CELLS, _CELLS), Image.Resampling.BOX)
    terms = (_COSINES @ np.asarray(cells, dtype=np.float64) @ _COSINES.T).round(6).ravel()
    bits = np.packbits(terms > np.median(terms)).tobytes()
    return int.from_bytes(bits, "big", signed=True)
