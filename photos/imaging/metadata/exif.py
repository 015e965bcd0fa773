"""Read the facts of the exposure from EXIF, for the photo page. Hostile EXIF yields fewer facts, never an error."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import IFD, Base

from photos.imaging.metadata.printable import printable_line
from photos.imaging.results import Facts

_LONGEST_TEXT: Final = 80
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
_EARLIEST_YEAR: Final = 1900


def read_facts(image: Image.Image) -> Facts:
    """Return what the camera wrote into a loaded picture, without the place (photos.imaging.metadata.gps)."""
    tags: dict[int, Any] = {}
    try:
        exif = image.getexif()
        tags |= dict(exif)
        tags |= exif.get_ifd(IFD.Exif)
    except Exception:  # noqa: BLE001 - Pillow's parser raises anything on hostile EXIF; facts are optional
        tags = {}
    return Facts(
        make=_text(tags.get(Base.Make)),
        model=_text(tags.get(Base.Model)),
        lens=_text(tags.get(Base.LensModel)),
        exposure_seconds=_positive(tags.get(Base.ExposureTime), most=86_400),
        f_number=_positive(tags.get(Base.FNumber), most=1_000),
        iso=_whole(tags.get(Base.ISOSpeedRatings), most=10_000_000),
        focal_length_mm=_positive(tags.get(Base.FocalLength), most=10_000),
        focal_length_35mm=_whole(tags.get(Base.FocalLengthIn35mmFilm), most=10_000),
        taken_at=_taken_at(tags),
    )


def _text(value: object) -> str:
    """Return one short line; EXIF ends its strings with NUL."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return printable_line(value.split("\0", 1)[0], _LONGEST_TEXT)


def _positive(value: object, *, most: float) -> float | None:
    """Return a finite number in (0, most] with six significant digits, else None. EXIF fractions may be n/0."""
    try:
        number = float(value)  # type: ignore[arg-type]  # IFDRational, int, tuple or worse: float() decides
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return float(f"{number:.6g}") if math.isfinite(number) and 0 < number <= most else None


def _whole(value: object, *, most: int) -> int | None:
    if isinstance(value, tuple) and value:
        value = value[0]
    number = _positive(value, most=most)
    return round(number) if number is not None and number >= 1 else None


def _taken_at(tags: Mapping[int, Any]) -> datetime | None:
    for moment_tag, offset_tag in (
        (Base.DateTimeOriginal, Base.OffsetTimeOriginal),
        (Base.DateTimeDigitized, Base.OffsetTimeDigitized),
    ):
        moment = _moment(_text(tags.get(moment_tag)))
        if moment is not None:
            return moment.replace(tzinfo=_offset(_text(tags.get(offset_tag))))
    return None


def _moment(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        if _EARLIEST_YEAR <= moment.year <= datetime.now(tz=UTC).year + 1:
            return moment
    return None


def _offset(text: str) -> timezone | None:
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)
