"""Smart crop: find the most interesting square of a picture.

No trained model: detail, saturation and skin tones draw the eye, and photographers put their subject in the middle,
with heads above it. This finds faces, animals and single objects as often as other methods that run in a millisecond.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]

_SHORT_SIDE: Final = 64
_LONGEST_SIDE: Final = 1024  # panoramas are analysed more coarsely
_DETAIL, _COLOR, _SKIN = 2.0, 0.5, 1.0
_SKIN_HUE: Final = np.array(
    (0.78, 0.57, 0.44), dtype=np.float32
)  # direction in RGB, similar for all complexions
_SKIN_WIDTH: Final = 0.2
_TOO_DARK, _TOO_BRIGHT, _SKIN_DARKEST = 0.05, 0.95, 0.2
_PLACE_ALONG_WIDTH, _PLACE_ALONG_HEIGHT = 0.5, 0.3  # heads are above the middle
_PLACE_BONUS: Final = 0.15  # enough to decide only between equals
_RIM: Final = 1 / 6  # share of the square in which interest counts half: a subject must not touch the rim
_BRIGHTNESS: Final = np.array((0.299, 0.587, 0.114), dtype=np.float32)


def best_square(image: Image.Image) -> tuple[float, float, float, float]:
    """Return the box (left, top, right, bottom), in pixels, of the most interesting square of a small RGB picture."""
    width, height = image.size
    short, long = sorted(image.size)
    grid_long = max(_SHORT_SIDE, min(_LONGEST_SIDE, round(_SHORT_SIDE * long / short)))
    is_wide = width >= height
    grid = (grid_long, _SHORT_SIDE) if is_wide else (_SHORT_SIDE, grid_long)
    pixels: Floats = np.asarray(image.resize(grid, Image.Resampling.BOX), dtype=np.float32) / np.float32(255)
    interest = _interest(pixels)
    line = interest.sum(axis=0 if is_wide else 1)
    share = _best_start(
        line, grid_long * short // long, _PLACE_ALONG_WIDTH if is_wide else _PLACE_ALONG_HEIGHT
    )
    start = share * (long - short)
    return (start, 0.0, start + short, short) if is_wide else (0.0, start, short, start + short)


def _interest(pixels: Floats) -> Floats:
    """Return how much each cell draws the eye, from 0 upwards; shape (height, width)."""
    light = pixels @ _BRIGHTNESS
    is_lit = (light > _TOO_DARK) & (light < _TOO_BRIGHT)
    most, least = pixels.max(axis=2), pixels.min(axis=2)
    saturation = (most - least) / (most + 1e-3) * is_lit
    hue = pixels / (np.linalg.norm(pixels, axis=2, keepdims=True) + 1e-3)
    distance = np.linalg.norm(hue - _SKIN_HUE, axis=2)
    skin = np.clip(1 - distance / _SKIN_WIDTH, 0, 1) * (is_lit & (light > _SKIN_DARKEST))
    interest: Floats = _DETAIL * _detail(light) + _COLOR * saturation + _SKIN * skin
    return interest


def _detail(light: Floats) -> Floats:
    """Return four times how far each cell differs from the mean of its four neighbours; 0 on the picture's rim."""
    detail = np.zeros_like(light)
    middle = light[1:-1, 1:-1]
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    detail[1:-1, 1:-1] = np.abs(4 * middle - around)
    return detail


def _best_start(interest: Floats, window: int, usual_place: float) -> float:
    """Return where along a line the window with the most interest starts: 0 at one end, 1 at the other."""
    window = max(1, window)
    sums = np.cumsum(np.concatenate(([0.0], interest)))
    starts = np.arange(len(sums) - window)
    if len(starts) == 1:
        return 0.0
    rim = round(window * _RIM)
    whole = sums[starts + window] - sums[starts]
    without_rim = sums[starts + window - rim] - sums[starts + rim]
    places = starts / starts[-1]
    preference = 1 - _PLACE_BONUS * (2 * (places - usual_place)) ** 2
    return float(places[int(((whole + without_rim + 1e-3) * preference).argmax())])
