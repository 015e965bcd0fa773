"""The months of somebody's photos: by when they were uploaded, which is the order in which they are shown.

An id begins with its time, so a month is a range of ids: whether it has a photo costs one look into an index, however
many photos there are, and nothing has to be counted or kept up to date.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.utils import timezone

from photos.models.querysets import PhotoQuerySet
from sharding.rows import ids


class NoMonth(ValueError):
    """It is not a month of ours."""


@dataclass(frozen=True, order=True)
class Month:
    """A month of UTC."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def starts_at(self) -> datetime:
        """Return its first moment."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def starts_on(self) -> date:
        """Return its first day: the name of a month must not depend on where it is read."""
        return self.starts_at.date()

    @property
    def first_id(self) -> int:
        """Return the smallest id that can be made in it."""
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
    """Return the month that an address names, such as 2026-05. Raises NoMonth."""
    year, _, month = text.partition("-")
    is_written_so = (
        len(year) == 4 and len(month) == 2 and (year + month).isascii() and (year + month).isdecimal()
    )
    if not is_written_so or not 1 <= int(month) <= 12 or not FIRST <= Month(int(year), int(month)) <= _this():
        raise NoMonth(text[:10])
    return Month(int(year), int(month))


def with_photos(visible: PhotoQuerySet) -> list[Month]:
    """Return the months that have some of these photos (of one owner), newest first: one query, one look a month."""
    months = [FIRST]
    while months[-1] < _this():
        months.append(months[-1].next)
    looks = [
        visible.filter(pk__gte=each.first_id, pk__lt=each.end_id).values_list("pk")[:1] for each in months
    ]
    found = [ids.time_of(row[0]) for row in looks[0].union(*looks[1:], all=True)]
    return sorted({Month(at.year, at.month) for at in found}, reverse=True)


def _this() -> Month:
    now = timezone.now()
    return Month(now.year, now.month)
