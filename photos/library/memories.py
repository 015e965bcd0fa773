"""One's own photos of this day in other years: by the camera's clock, or by when they came, if it says nothing.

The function `photo_day` (made by a migration, on every shard) gives month and day as one number, and has an index with
the owner. Home pages ask the cache whether there is anything, since mostly there is nothing.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from photos.display import cards
from photos.models import Photo
from photos.models.functions import PhotoDay, PhotoTakenOn
from photos.models.querysets import PhotoQuerySet
from sharding.consistency.readthrough import Group
from sharding.rows import buckets

MOST = 200
ON_HOME = 6


@dataclass(frozen=True)
class Year:
    """What one took on this day in one year."""

    year: int
    years_ago: int
    tiles: list[cards.Tile]


def of(owner_id: int, limit: int = MOST) -> list[Year]:
    """Return somebody's photos of this day in earlier years, the latest year first."""
    now = today()
    years: dict[int, list[Photo]] = {}
    found: Any = on(owner_id, now)  # annotated, of which the type tells nothing
    for photo in found.order_by("-taken_on", "-pk")[:limit]:
        years.setdefault(photo.taken_on.year, []).append(photo)
    return [
        Year(year, now.year - year, [cards.tile(photo) for photo in photos]) for year, photos in years.items()
    ]


def on_home(owner_id: int) -> list[Year]:
    """Return some of them for the home page; asks only whoever has any, as of some minutes ago."""
    key = f"{owner_id}:{today()}"
    return of(owner_id, ON_HOME) if ANY.get(key) else []


def today() -> date:
    """Return the day that it is where the visitor is, as far as their zone is known."""
    return timezone.localdate()


def on(owner_id: int, day: date) -> PhotoQuerySet:
    """Return what was taken on this day of earlier years; on 28 February of a short year also on the 29th."""
    days = [day.month * 100 + day.day]
    if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
        days.append(229)
    own = Photo.objects.of(owner_id).shown().alias(day=PhotoDay()).annotate(taken_on=PhotoTakenOn())
    return own.filter(day__in=days, taken_on__lt=date(day.year, 1, 1))


def _owner_of(key: str) -> int:
    return int(key.partition(":")[0])


def _any(keys: list[str]) -> dict[str, bool]:
    asked = {key: (_owner_of(key), date.fromisoformat(key.partition(":")[2])) for key in keys}
    return {key: on(owner_id, day).exists() for key, (owner_id, day) in asked.items()}


ANY: Group[str, bool] = Group(
    "memories", _any, fresh_seconds=600, primary_of=lambda key: buckets.shard_for_owner(_owner_of(key))
)
