"""A photo's facts, credit and place as a reader sees them, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from photos.imaging.results import AREA
from photos.models.licences import LICENCES, Licence


def facts_to_read(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (label, value) pairs of the facts that the camera wrote, in the order of a camera's display."""
    pairs = [
        (_("Camera"), camera_name(facts.get("make", ""), facts.get("model", ""))),
        (_("Lens"), facts.get("lens", "")),
        (_("Exposure"), exposure_time(facts.get("exposure_seconds"))),
        (_("Aperture"), f"f/{facts['f_number']:g}" if facts.get("f_number") else ""),
        (_("ISO"), str(facts.get("iso") or "")),
        (_("Focal length"), focal_length(facts.get("focal_length_mm"), facts.get("focal_length_35mm"))),
        (_("Taken"), taken(facts.get("taken_at", ""))),
    ]
    return [(label, value) for label, value in pairs if value]


@dataclass(frozen=True)
class CreditToRead:
    """Who made a photo and how it may be used; its files carry the same."""

    author: str
    licence: Licence | None


@dataclass(frozen=True)
class PlaceToRead:
    """Where a photo was taken, as text, and the address of a map."""

    text: str
    url: str


def credit_to_read(credit: Mapping[str, str]) -> CreditToRead:
    """Return the author and licence that a photo's files carry."""
    return CreditToRead(credit.get("author", ""), LICENCES.get(credit.get("licence", "")))


def place_to_read(latitude: float | None, longitude: float | None, exactness: str) -> PlaceToRead | None:
    """Return a place in degrees, no more exact than it is stored; None for a photo without one."""
    if latitude is None or longitude is None:
        return None
    decimals, zoom = (1, 10) if exactness == AREA else (4, 16)
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    degrees = f"{abs(latitude):.{decimals}f}° {north}, {abs(longitude):.{decimals}f}° {east}"
    query = f"mlat={latitude}&mlon={longitude}#map={zoom}/{latitude}/{longitude}"
    text = _("Around %(place)s") % {"place": degrees} if exactness == AREA else degrees
    return PlaceToRead(text, f"https://www.openstreetmap.org/?{query}")


def camera_name(make: str, model: str) -> str:
    """Return maker and model, or the model alone if it begins with the maker."""
    first = make.split(maxsplit=1)[0] if make.split() else ""
    return model if first and model.lower().startswith(first.lower()) else f"{make} {model}".strip()


def exposure_time(seconds: float | None) -> str:
    """Return an exposure time as cameras show it: 1/250 s, 0.5 s, 30 s."""
    if not seconds or seconds <= 0:
        return ""
    return _("%(time)s s") % {"time": f"{seconds:g}" if seconds >= 0.3 else f"1/{round(1 / seconds)}"}


def focal_length(mm: float | None, equivalent_mm: int | None) -> str:
    """Return the focal length, with its equivalent on 35 mm film if the camera wrote that and it differs."""
    if not mm:
        return ""
    length = f"{mm:.3g} mm"
    if not equivalent_mm or equivalent_mm == round(mm):
        return length
    return f"{length} ({_('%(mm)d mm equivalent') % {'mm': equivalent_mm}})"


def taken(iso: str) -> str:
    """Return the camera's own date and time, without seconds."""
    return date_format(datetime.fromisoformat(iso), "DATETIME_FORMAT") if iso else ""
