"""What rendering a photo yields. Plain data, importable without Pillow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from photos.imaging.formats import Format
from photos.imaging.renditions import Spec

# How exactly an owner wants a photo's place kept; anything else is not at all.
AREA: Final = "area"
EXACT: Final = "exact"


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees, north and east positive, rounded as the owner wants it."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What a camera wrote about the exposure; None or "" where it did not. Never a place or serial number."""

    make: str = ""
    model: str = ""
    lens: str = ""
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: int | None = None
    taken_at: datetime | None = None  # local time of the camera; aware only where the camera knew its offset


@dataclass(frozen=True, slots=True)
class RenditionBytes:
    """One finished file."""

    spec: Spec
    width: int
    height: int
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one job took: for logs, metrics and limits."""

    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A photo made ready. Width and height are those of the original, upright and edited."""

    width: int
    height: int
    format: Format
    renditions: list[RenditionBytes]
    thumbhash: bytes
    dominant_color: str
    phash: int  # 64 bits, signed (photos.fingerprint)
    facts: Facts = Facts()
    place: Place | None = None  # only if it was asked for
    notes: tuple[str, ...] = ()  # what was odd but could be mended: for support and logs
    cost: Cost | None = None
