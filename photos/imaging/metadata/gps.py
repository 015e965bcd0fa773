"""Read where a photo was taken from its EXIF: only if the owner asked for that, and no more exactly than asked."""

from __future__ import annotations

import math
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import GPS, IFD

from photos.imaging.results import AREA, EXACT, Place

# Decimals of a degree: a tenth is about eleven kilometres, a hundred-thousandth about a metre.
_DECIMALS: Final = {AREA: 1, EXACT: 5}
_VOID: Final = "V"  # the status of a receiver that had lost its position


def read_place(image: Image.Image, precision: str) -> Place | None:
    """Return the place in a loaded picture, rounded by `precision` (AREA, EXACT); None for other values or no place."""
    if precision not in _DECIMALS:
        return None
    try:
        tags = dict(image.getexif().get_ifd(IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - Pillow's parser raises anything on hostile EXIF; the place is optional
        return None
    latitude = _degrees(tags.get(GPS.GPSLatitude), tags.get(GPS.GPSLatitudeRef), "NS", 90)
    longitude = _degrees(tags.get(GPS.GPSLongitude), tags.get(GPS.GPSLongitudeRef), "EW", 180)
    is_void = _letter(tags.get(GPS.GPSStatus)) == _VOID
    # Receivers without a position yet write 0, 0 (a point in the open sea).
    if latitude is None or longitude is None or is_void or latitude == longitude == 0:
        return None
    decimals = _DECIMALS[precision]
    return Place(round(latitude, decimals), round(longitude, decimals))


def _degrees(value: Any, reference: Any, letters: str, most: float) -> float | None:
    """Return (degrees, minutes, seconds) as one signed number, negative for the second letter; None if invalid."""
    letter = _letter(reference)
    if not letter or letter not in letters or not isinstance(value, tuple) or len(value) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if not all(math.isfinite(part) and part >= 0 for part in (degrees, minutes, seconds)):
        return None
    whole = degrees + minutes / 60 + seconds / 3600
    if minutes > 60 or seconds > 60 or whole > most:
        return None
    return -whole if letter == letters[1] else whole


def _letter(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ").upper()[:1] if isinstance(value, str) else ""
