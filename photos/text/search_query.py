"""What a search asks for: a little language, and the fields of a form that say the same.

    harbour "two boats"      words, each as a beginning; in quotes a year is a word like any other
    #fog  @ana               a tag, a person
    camera:leica             words of the camera or lens; in quotes several
    2025  2025-05  May 2025  taken then, by the camera's clock; also 2025년 5월 9일
    from:2025-05 to:2025-06  taken within; uploaded:2026-01 and the like for when it came

All of it is meant at once. Pure: no database."""

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
YEARS = range(1826, 2100)  # since there are photographs

_TOKEN = re.compile(
    r'(?P<key>camera|from|to|taken|uploaded):(?P<value>"[^"]*"|\S+)'
    r'|"(?P<phrase>[^"]*)"|#(?P<tag>[\w-]+)|@(?P<person>[\w.]+)|(?P<word>\S+)',
    re.IGNORECASE,
)
# What is in quotes comes first, and stays as it is.
_KOREAN_DATE = re.compile(r'"[^"]*"|(\d{4})년(?: ?(\d{1,2})월(?: ?(\d{1,2})일)?)?(?:에|의)?(?!\S)')
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class Span:
    """Days from the first to the last; open where there is none."""

    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None

    def within(self, other: "Span") -> "Span":
        """Return the days that are in both."""
        firsts = [each for each in (self.first, other.first) if each]
        lasts = [each for each in (self.last, other.last) if each]
        return Span(max(firsts, default=None), min(lasts, default=None))


@dataclass(frozen=True)
class Asked:
    """What is searched for, all of it at once."""

    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    person: str = ""
    camera: list[str] = field(default_factory=list)
    taken: Span = Span()
    uploaded: Span = Span()

    def __bool__(self) -> bool:
        return bool(self.words or self.tags or self.person or self.camera or self.taken or self.uploaded)


def parse(said: Mapping[str, str]) -> Asked:
    """Return what the fields of a search ask for; of what they have and we do not know nothing is left."""
    text = {name: cleaning.one_line(said.get(name, ""))[:LONGEST] for name in FIELDS}
    asked = _of_text(text["q"])
    days = Span(_first(text["from"]), _last(text["to"]))
    is_of_upload = text["when"] == "uploaded"
    return replace(
        asked,
        tags=list(dict.fromkeys([*asked.tags, *_tags(text["tag"])])),
        person=text["by"].lstrip("@").lower() or asked.person,
        camera=[*asked.camera, *words.words_of(text["camera"])],
        taken=asked.taken if is_of_upload else asked.taken.within(days),
        uploaded=asked.uploaded.within(days) if is_of_upload else asked.uploaded,
    )


def days_of(text: str) -> Span:
    """Return the days of a year, month or day such as 2025, 2025-05 or 2025-05-09; none for what is no date."""
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


def _of_text(text: str) -> Asked:
    asked = Asked()
    plain: list[str] = []
    for match in _TOKEN.finditer(_KOREAN_DATE.sub(_in_figures, text)):
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "value":
            asked = _with(asked, match["key"].lower(), value.strip('"')) or asked
        elif kind == "phrase":
            plain += ["", value, ""]  # next to no month
        elif kind == "tag" and _tags(value):
            asked = replace(asked, tags=[*asked.tags, *_tags(value)])
        elif kind == "person":
            asked = replace(asked, person=value.lower())
        else:
            plain.append(value if not days_of(value) else f"\0{value}")
    rest, taken = _dated(plain)
    return replace(asked, words=words.words_of(" ".join(rest)), taken=asked.taken.within(taken))


def _in_figures(found: re.Match[str]) -> str:
    """Return a date as it is written in Korean in the order and with the hyphens of any other."""
    return "-".join(part for part in found.groups() if part) or found[0]


def _with(asked: Asked, key: str, value: str) -> Asked | None:
    if key == "camera":
        return replace(asked, camera=[*asked.camera, *words.words_of(value)])
    if key == "uploaded":
        return replace(asked, uploaded=asked.uploaded.within(days_of(value)))
    days = days_of(value)
    days = {"from": Span(days.first), "to": Span(None, days.last)}.get(key, days)
    return replace(asked, taken=asked.taken.within(days))


def _dated(plain: list[str]) -> tuple[list[str], Span]:
    """Return words without those that are dates, and the days of these: `May 2025` and `9 May 2025` are one each."""
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
    """Return the number of a month by its name or how that begins, in English or the visitor's language; else 0."""
    asked = word.lower().rstrip(".")
    if len(asked) < SHORTEST_MONTH:
        return 0
    return next((number for name, number in _names() if name.startswith(asked)), 0)


def _names() -> Iterator[tuple[str, int]]:
    for names in (calendar.month_name, MONTHS, MONTHS_3):
        for number in range(1, 13):
            yield str(names[number]).lower().rstrip("."), number


def _tags(text: str) -> list[str]:
    try:
        return tags.named(text) if text else []
    except ValueError:
        return []


def _first(text: str) -> date | None:
    return days_of(text).first


def _last(text: str) -> date | None:
    return days_of(text).last


def day_after(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)
