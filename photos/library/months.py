"""The months in which an owner uploaded photos, for jumping to one of them in a wall.

An id begins with its creation time, so a month is a range of ids: whether it has a photo costs one index lookup,
however many photos there are, and no count has to be kept up to date.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils import timezone

from photos.models import Photo
from photos.models.querysets import PhotoQuerySet
from sharding.rows import ids


class NoMonth(ValueError):
    """The text is no month between the site's first one and now."""


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in UTC."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def starts_at(self) -> datetime:
        """Return the first instant of the month."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def starts_on(self) -> date:
        """Return its first day in UTC, so that a month's name does not depend on the reader's time zone."""
        return self.starts_at.date()

    @property
    def first_id(self) -> int:
        """Return the smallest id that can be created in it."""
        return ids.first_id_at(self.starts_at)

    @property
    def end_id(self) -> int:
        """Return the smallest id that comes after it."""
        return self.next.first_id

    @property
    def next(self) -> "Month":
        """Return the month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


FIRST = Month(ids.EPOCH.year, ids.EPOCH.month)


def parse(text: str) -> Month:
    """Return the month that a URL names, such as 2026-05. Raises NoMonth."""
    year, _, month = text.partition("-")
    digits = year + month
    if not (len(year) == 4 and len(month) == 2 and digits.isascii() and digits.isdecimal()):
        raise NoMonth(text[:10])
    if not 1 <= int(month) <= 12 or not FIRST <= Month(int(year), int(month)) <= _current_month():
        raise NoMonth(text[:10])
    return Month(int(year), int(month))


def with_photos(visible: PhotoQuerySet[Photo]) -> list[Month]:
    """Return the months that have any of these photos (of one owner), newest first: one query, a lookup per month."""
    months = [FIRST]
    while months[-1] < _current_month():
        months.append(months[-1].next)
    lookups = [
        visible.filter(pk__gte=each.first_id, pk__lt=each.end_id).values_list("pk")[:1] for each in months
    ]
    times = [ids.time_of(row[0]) for row in lookups[0].union(*lookups[1:], all=True)]
    return sorted({Month(at.year, at.month) for at in times}, reverse=True)


def _current_month() -> Month:
    now = timezone.now()
    return Month(now.year, now.month)
