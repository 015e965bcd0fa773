"""Search queries: a small language, and the fields of a form that mean the same.

    harbour "two boats"      words, each as a prefix; in quotes a year is a word like any other
    #fog  @ana               a tag, a person
    camera:leica             words of the camera or lens; several in quotes
    2025  2025-05  May 2025  the date taken, by the camera's clock; also 2025년 5월 9일
    from:2025-05 to:2025-06  a range of dates taken; uploaded:2026-01 and the like for the date of the upload

A photo must match all parts. Pure: no database.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.utils.dates import MONTHS, MONTHS_3

from photos.text import cleaning, tags, words

FIELDS = ("q", "tag", "by", "camera", "from", "to", "when")
LONGEST = 200
SHORTEST_MONTH = 3
YEARS = range(1826, 2100)  # the oldest photograph is from about 1826

_TOKEN = re.compile(
    r'(?P<key>camera|from|to|taken|uploaded):(?P<value>"[^"]*"|\S+)'
    r'|"(?P<phrase>[^"]*)"|#(?P<tag>[\w-]+)|@(?P<person>[\w.]+)|(?P<word>\S+)',
    re.IGNORECASE,
)
# The first alternative matches text in quotes, which stays as it is.
_KOREAN_DATE = re.compile(r'"[^"]*"|(\d{4})년(?: ?(\d{1,2})월(?: ?(\d{1,2})일)?)?(?:에|의)?(?!\S)')
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included; None leaves that end open."""

    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None

    def within(self, other: "Span") -> "Span":
        """Return the days that are in both spans."""
        firsts = [each for each in (self.first, other.first) if each]
        lasts = [each for each in (self.last, other.last) if each]
        return Span(max(firsts, default=None), min(lasts, default=None))


@dataclass(frozen=True)
class SearchQuery:
    """The parts of a search; a photo must match all of them."""

    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    person: str = ""
    camera: list[str] = field(default_factory=list)
    taken: Span = Span()
    uploaded: Span = Span()

    def __bool__(self) -> bool:
        return bool(self.words or self.tags or self.person or self.camera or self.taken or self.uploaded)


def parse(fields: Mapping[str, str]) -> SearchQuery:
    """Return the query in the fields (FIELDS) of a search form; what cannot be understood is ignored."""
    text = {name: cleaning.one_line(fields.get(name, ""))[:LONGEST] for name in FIELDS}
    query = _parse_text(text["q"])
    days = Span(_first(text["from"]), _last(text["to"]))
    is_of_upload = text["when"] == "uploaded"
    return replace(
        query,
        tags=list(dict.fromkeys([*query.tags, *_tags(text["tag"])])),
        person=text["by"].lstrip("@").lower() or query.person,
        camera=[*query.camera, *words.words_of(text["camera"])],
        taken=query.taken if is_of_upload else query.taken.within(days),
        uploaded=query.uploaded.within(days) if is_of_upload else query.uploaded,
    )


def days_of(text: str) -> Span:
    """Return the days of a year, month or day such as 2025, 2025-05 or 2025-05-09; an empty Span for other text."""
    match = _DATE.fullmatch(text)
    if match is None or int(match[1]) not in YEARS:
        return Span()
    year, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return Span()
    if day:
        return Span(first, first)
    last_month = month or 12
    return Span(first, date(year, last_month, calendar.monthrange(year, last_month)[1]))


def _parse_text(text: str) -> SearchQuery:
    query = SearchQuery()
    plain: list[str] = []
    for match in _TOKEN.finditer(_KOREAN_DATE.sub(_with_hyphens, text)):
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "value":
            query = _with_key(query, match["key"].lower(), value.strip('"'))
        elif kind == "phrase":
            plain += ["", value, ""]  # the empty words keep a date from joining a month in quotes
        elif kind == "tag" and _tags(value):
            query = replace(query, tags=[*query.tags, *_tags(value)])
        elif kind == "person":
            query = replace(query, person=value.lower())
        else:
            plain.append(value if not days_of(value) else f"\0{value}")
    rest, taken = _dated(plain)
    return replace(query, words=words.words_of(" ".join(rest)), taken=query.taken.within(taken))


def _with_hyphens(match: re.Match[str]) -> str:
    """Return a Korean date as YYYY-MM-DD, and what is in quotes as it is."""
    return "-".join(part for part in match.groups() if part) or match[0]


def _with_key(query: SearchQuery, key: str, value: str) -> SearchQuery:
    """Return the query with what stands behind `camera:`, `from:`, `to:`, `taken:` or `uploaded:`."""
    if key == "camera":
        return replace(query, camera=[*query.camera, *words.words_of(value)])
    if key == "uploaded":
        return replace(query, uploaded=query.uploaded.within(days_of(value)))
    days = days_of(value)
    days = {"from": Span(days.first), "to": Span(None, days.last)}.get(key, days)
    return replace(query, taken=query.taken.within(days))


def _dated(plain: list[str]) -> tuple[list[str], Span]:
    """Split words into other words and dates; `May 2025` and `9 May 2025` are one date each. Dates begin with NUL."""
    rest: list[str] = []
    taken = Span()
    for value in plain:
        if not value.startswith("\0"):
            rest.append(value)
            continue
        when = value[1:]
        month = _month(rest[-1]) if rest and "-" not in when else 0
        if month:
            rest.pop()
            when = f"{when}-{month}"
            if rest and rest[-1].rstrip(".").isdecimal() and days_of(f"{when}-{rest[-1].rstrip('.')}"):
                when = f"{when}-{rest.pop().rstrip('.')}"
        taken = taken.within(days_of(when))
    return rest, taken


def _month(word: str) -> int:
    """Return the number of a month by a prefix of its name, in English or the visitor's language; 0 for others."""
    prefix = word.lower().rstrip(".")
    if len(prefix) < SHORTEST_MONTH:
        return 0
    return next((number for name, number in _names() if name.startswith(prefix)), 0)


def _names() -> Iterator[tuple[str, int]]:
    for names in (calendar.month_name, MONTHS, MONTHS_3):
        for number in range(1, 13):
            yield str(names[number]).lower().rstrip("."), number


def _tags(text: str) -> list[str]:
    try:
        return tags.parse_tags(text) if text else []
    except ValueError:
        return []


def _first(text: str) -> date | None:
    return days_of(text).first


def _last(text: str) -> date | None:
    return days_of(text).last


def day_after(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)
