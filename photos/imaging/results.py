"""The results of rendering a photo. Plain data, importable without Pillow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from photos.imaging.formats import Format
from photos.imaging.renditions import Spec

# How exactly an owner wants a photo's place to be kept. Any other value: not at all.
AREA: Final = "area"
EXACT: Final = "exact"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in degrees, north and east positive, rounded as the owner chose."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What the camera wrote about the exposure; None or "" for what it did not. Never a place or a serial number."""

    make: str = ""
    model: str = ""
    lens: str = ""
    exposure_seconds: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: int | None = None
    taken_at: datetime | None = None  # the camera's local time; aware only if the camera wrote its UTC offset


@dataclass(frozen=True, slots=True)
class RenditionBytes:
    """One finished file."""

    spec: Spec
    width: int
    height: int
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes in hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one job used: for logs, metrics and limits."""

    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered photo. Width and height are those of the original in pixels, turned upright and edited."""

    width: int
    height: int
    format: Format
    renditions: list[RenditionBytes]
    thumbhash: bytes
    dominant_color: str
    phash: int  # 64 bits, signed (photos.imaging.perceptual_hash)
    facts: Facts = Facts()
    place: Place | None = None  # None unless the owner wants it kept
    notes: tuple[str, ...] = ()  # oddities of the original, for support and logs
    cost: Cost | None = None
