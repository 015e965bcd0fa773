"""The editor's colour formulae, on sRGB values from 0 to 1. The browser's preview has the same ones in JavaScript.

Arrays have the shape (…, 3), red first. Every function keeps black and white, and keeps greys grey unless it says
otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Colors = npt.NDArray[np.float32]

LUMA: Final = np.array((0.2126, 0.7152, 0.0722), np.float32)
_SHOULDER: Final = (
    1.5  # where highlights begin to roll off: at once for 1, late (nearly clipping) for large values
)
_WARMTH_STOPS: Final = np.array((0.38, 0.02, -0.54), np.float32)  # what full warmth adds to each channel
_BOOST: Final = 0.95  # at most doubles the saturation of pale colours
_RESTRAINT: Final = 0.6  # and changes strong colours less


def luma(colors: Colors) -> Colors:
    """Return the luma of the colours by the weights of Rec. 709; shape (…, 1)."""
    light: Colors = colors @ LUMA
    return light[..., None]


def expose(values: Colors, stops: float | Colors) -> Colors:
    """Return the values with more or less light, in stops (EV), rolling highlights off instead of clipping them.

    In linear light v becomes kv / (1 + (k-1)v), taken between two powers: k = 2^stops in the shadows, falling to 1/k at
    white. Stops add up, and the opposite stops undo it. `stops` may differ by channel.
    """
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) ** _SHOULDER
    gain = np.exp2(np.multiply(stops, _SHOULDER, dtype=np.float32))
    light = (gain * light / (1 + (gain - 1) * light)) ** (1 / _SHOULDER)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(encoded, np.float32)


def warm(values: Colors, exposure: float, warmth: float) -> Colors:
    """Return the values exposed (in stops), with more red and less blue for warmth up to 1, the reverse down to -1."""
    return expose(values, exposure + warmth * _WARMTH_STOPS)


def contrast(values: Colors, amount: float) -> Colors:
    """Return the values by an S-curve around 0.5: smoothstep for 1, its mirror image for -1. Values must be in 0..1."""
    return values + amount * values * (1 - values) * (2 * values - 1)


def saturate(colors: Colors, amount: float) -> Colors:
    """Return the colours further from grey (amount up to 1) or closer to it (-1 is grey).

    Results may leave 0..1: clip after interpolating.
    """
    grey = luma(colors)
    if amount <= 0:
        return np.asarray(grey + (1 + amount) * (colors - grey), np.float32)
    chroma = colors.max(axis=-1, keepdims=True) - colors.min(axis=-1, keepdims=True)
    return np.asarray(grey + (1 + amount * (_BOOST - _RESTRAINT * chroma)) * (colors - grey), np.float32)
