"""The difference of two colours by CIEDE2000, and conversion from linear XYZ to Lab, in floats."""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

D50: Final = np.array((0.9642, 1.0, 0.8249))
# sRGB's primaries as ICC profiles see them, adapted to D50.
SRGB_TO_XYZ: Final = np.array(
    (
        (0.436074, 0.385065, 0.143080),
        (0.222504, 0.716879, 0.060617),
        (0.013932, 0.097105, 0.714173),
    )
)
_KAPPA, _EPSILON = 903.2963, 0.008856452


def lab_of_srgb(values: Floats) -> Floats:
    """Return Lab (D50) of sRGB values, 0 to 255, in the last axis."""
    share = np.asarray(values, dtype=np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return lab_of_xyz(linear @ SRGB_TO_XYZ.T)


def srgb_of_xyz(xyz: Floats) -> Floats:
    """Return unrounded sRGB values, 0 to 255, clipped to what sRGB can show."""
    linear = np.clip(xyz @ np.linalg.inv(SRGB_TO_XYZ).T, 0, 1)
    curved: Floats = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curved * 255


def lab_of_xyz(xyz: Floats) -> Floats:
    """Return Lab relative to D50."""
    share = xyz / D50
    bent = np.where(share > _EPSILON, np.cbrt(np.maximum(share, 0)), (_KAPPA * share + 16) / 116)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def ciede2000(first: Floats, second: Floats) -> Floats:
    """Return the CIEDE2000 difference of Lab colours in the last axis: 1 is just noticeable side by side."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    (c1, h1), (c2, h2) = _polar(a1 * stretch, b1), _polar(a2 * stretch, b2)
    chroma, light = (c1 + c2) / 2, (l1 + l2) / 2
    turn = _turn(h1, h2) * (c1 * c2 > 0)
    hue = np.where(c1 * c2 > 0, h1 + turn / 2, h1 + h2)
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    by_light = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * weight)
    blue = 30 * np.exp(-((((hue % 360) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(2 * blue))
    squares: Floats = by_light**2 + by_chroma**2 + by_hue**2 + rotation * by_chroma * by_hue
    return np.sqrt(np.maximum(squares, 0))


def _polar(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _turn(start: Floats, end: Floats) -> Floats:
    """Return the shorter signed angle from one hue to the other, in degrees."""
    turn: Floats = (end - start + 180) % 360 - 180
    return turn
