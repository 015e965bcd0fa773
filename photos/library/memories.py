"""An owner's photos of today's date in earlier years: by the camera's clock, or by the upload where it is missing.

A migration creates the SQL function `photo_day` (month * 100 + day) and its index with the owner on every shard.
Home pages first ask a cache whether there are any, because for most owners there are none.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from photos.display import cards
from photos.display.descriptions import Reader
from photos.models import Photo
from photos.models.functions import PhotoDay, PhotoTakenOn
from photos.models.querysets import PhotoQuerySet
from sharding.consistency.readthrough import Group
from sharding.rows import buckets

MAX_PHOTOS = 200
MAX_ON_HOME_PAGE = 6


@dataclass(frozen=True)
class Year:
    """The photos of this day in one year."""

    year: int
    years_ago: int
    tiles: list[cards.Tile]


def for_owner(owner_id: int, limit: int = MAX_PHOTOS) -> list[Year]:
    """Return an owner's photos of this day in earlier years, the latest year first."""
    now = today()
    years: dict[int, list[Photo]] = {}
    photos: Any = listed(owner_id)[:limit]  # Any: the type does not know the annotation `taken_on`
    for photo in photos:
        years.setdefault(photo.taken_on.year, []).append(photo)
    return [
        Year(year, now.year - year, cards.tiles(of_year, Reader.OWNER)) for year, of_year in years.items()
    ]


def for_home_page(owner_id: int) -> list[Year]:
    """Return the first few memories; queries them only if the cache knows of any (at most ten minutes old)."""
    key = f"{owner_id}:{today()}"
    return for_owner(owner_id, MAX_ON_HOME_PAGE) if HAS_ANY.get(key) else []


def listed(owner_id: int) -> PhotoQuerySet[Photo]:
    """Return an owner's photos of this day in earlier years in their order, the latest year first."""
    photos: Any = photos_on(owner_id, today())  # Any: see `for_owner`
    rows: PhotoQuerySet[Photo] = photos.order_by("-taken_on", "-pk")
    return rows


def today() -> date:
    """Return today's date in the reader's time zone, or in the site's while theirs is unknown."""
    return timezone.localdate()


def photos_on(owner_id: int, day: date) -> PhotoQuerySet[Photo]:
    """Return photos taken on this date in earlier years; 28 February of a common year includes 29 February."""
    days = [day.month * 100 + day.day]
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        days.append(229)
    own = Photo.objects.of(owner_id).shown().alias(day=PhotoDay()).annotate(taken_on=PhotoTakenOn())
    return own.filter(day__in=days, taken_on__lt=date(day.year, 1, 1))


def _owner_of(key: str) -> int:
    return int(key.partition(":")[0])


def _has_any(keys: list[str]) -> dict[str, bool]:
    """Look up keys of the form "owner id:ISO date"."""
    days = {key: (_owner_of(key), date.fromisoformat(key.partition(":")[2])) for key in keys}
    return {key: photos_on(owner_id, day).exists() for key, (owner_id, day) in days.items()}


HAS_ANY: Group[str, bool] = Group(
    "memories", _has_any, fresh_seconds=600, primary_of=lambda key: buckets.shard_for_owner(_owner_of(key))
)
