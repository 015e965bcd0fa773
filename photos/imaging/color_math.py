"""Colour arithmetic of the editor, on sRGB values from 0 to 1. The same formulae stand in `edit-tones.js`.

Arrays are (…, 3), red first. Every function leaves black black and white white, and grey grey unless it says otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Colors = npt.NDArray[np.float32]

LUMA: Final = np.array((0.2126, 0.7152, 0.0722), np.float32)
_SHOULDER: Final = 1.5  # how late highlights begin to roll off: 1 at once, large values clip
_WARMTH_STOPS: Final = np.array((0.38, 0.02, -0.54), np.float32)  # what full warmth adds to each channel
_BOOST: Final = 0.95  # saturation at most doubles the pale colours
_RESTRAINT: Final = 0.6  # and spares those that are strong already


def luma(colors: Colors) -> Colors:
    """How light the colours are: shape (…, 1)."""
    light: Colors = colors @ LUMA
    return light[..., None]


def expose(values: Colors, stops: float | Colors) -> Colors:
    """More or less light, in stops (EV), with a shoulder instead of clipping.

    In linear light v becomes kv / (1 + (k-1)v), taken between two powers: k = 2^stops in the shadows, falling to 1/k at
    white. Stops add up, and the opposite stops undo it. `stops` may differ by channel.
    """
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) ** _SHOULDER
    gain = np.exp2(np.multiply(stops, _SHOULDER, dtype=np.float32))
    light = (gain * light / (1 + (gain - 1) * light)) ** (1 / _SHOULDER)
    encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(encoded, np.float32)


def warm(values: Colors, exposure: float, warmth: float) -> Colors:
    """Expose (stops), with more light for red and less for blue as warmth goes from 0 to 1, or the reverse to -1."""
    return expose(values, exposure + warmth * _WARMTH_STOPS)


def contrast(values: Colors, amount: float) -> Colors:
    """An S-curve around the middle: smoothstep at 1, its mirror image at -1. Values must be within 0..1."""
    return values + amount * values * (1 - values) * (2 * values - 1)


def saturate(colors: Colors, amount: float) -> Colors:
    """Away from grey (up to 1) or towards it (-1 is grey). Leaves 0..1 on purpose: clip after interpolating."""
    grey = luma(colors)
    if amount <= 0:
        return np.asarray(grey + (1 + amount) * (colors - grey), np.float32)
    chroma = colors.max(axis=-1, keepdims=True) - colors.min(axis=-1, keepdims=True)
    return np.asarray(grey + (1 + amount * (_BOOST - _RESTRAINT * chroma)) * (colors - grey), np.float32)
