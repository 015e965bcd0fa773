"""The language of search queries."""

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from photos.text.search_query import FIELDS, SearchQuery, Span, days_of, parse

MAY = Span(date(2025, 5, 1), date(2025, 5, 31))


def ask(text: str) -> SearchQuery:
    return parse({"q": text})


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Red boat", SearchQuery(words=["red", "boat"])),
        ("boat #Fog @Ana", SearchQuery(words=["boat"], tags=["fog"], person="ana")),
        ("#1 #", SearchQuery(words=["1"])),
        ("camera:leica", SearchQuery(camera=["leica"])),
        ('camera:"Canon EOS" sea', SearchQuery(words=["sea"], camera=["canon", "eos"])),
        ("2025", SearchQuery(taken=Span(date(2025, 1, 1), date(2025, 12, 31)))),
        ("2024-02", SearchQuery(taken=Span(date(2024, 2, 1), date(2024, 2, 29)))),
        ("2025-05-09", SearchQuery(taken=Span(date(2025, 5, 9), date(2025, 5, 9)))),
        ("May 2025", SearchQuery(taken=MAY)),
        ("sept. 2025 fog", SearchQuery(words=["fog"], taken=Span(date(2025, 9, 1), date(2025, 9, 30)))),
        ("fog 9 May 2025", SearchQuery(words=["fog"], taken=Span(date(2025, 5, 9), date(2025, 5, 9)))),
        ("40 may 2025", SearchQuery(words=["40"], taken=MAY)),
        ("May", SearchQuery(words=["may"])),
        ("안개 2025년 5월", SearchQuery(words=["안개"], taken=MAY)),
        ("2025년5월에", SearchQuery(taken=MAY)),
        ("2025년 5월 9일 안개", SearchQuery(words=["안개"], taken=Span(date(2025, 5, 9), date(2025, 5, 9)))),
        ("2025년", SearchQuery(taken=Span(date(2025, 1, 1), date(2025, 12, 31)))),
        ('"2025년"', SearchQuery(words=["2025년"])),
        ("2025년식", SearchQuery(words=["2025년식"])),
        ('"2025"', SearchQuery(words=["2025"])),
        ('May "2025"', SearchQuery(words=["may", "2025"])),
        ("0815 9999 2025-13", SearchQuery(words=["0815", "9999", "2025", "13"])),
        ("from:2025-05 to:2025-05", SearchQuery(taken=MAY)),
        ("to:2025", SearchQuery(taken=Span(None, date(2025, 12, 31)))),
        (
            "taken:2025-05 uploaded:2026",
            SearchQuery(taken=MAY, uploaded=Span(date(2026, 1, 1), date(2026, 12, 31))),
        ),
        ("", SearchQuery()),
    ],
)
def test_what_a_text_asks_for(text: str, query: SearchQuery) -> None:
    assert ask(text) == query
    assert bool(query) == bool(text)


def test_fields_say_the_same_and_go_together_with_the_text() -> None:
    fields = {"tag": "#Fog", "by": "@Ana", "camera": "Leica", "from": "2025-05-01", "to": "2025-05-31"}
    assert parse(fields) == ask("#fog @ana camera:leica May 2025")
    assert parse({"q": "#sea 2025", **fields}).tags == ["sea", "fog"]
    assert parse({"q": "2025", **fields}).taken == MAY
    uploaded = parse({**fields, "when": "uploaded"})
    assert (uploaded.taken, uploaded.uploaded) == (Span(), MAY)
    assert parse({"from": "soon", "tag": "###", "when": "uploaded"}) == SearchQuery()


@pytest.mark.parametrize(("language", "month"), [("en", "May 2025"), ("ko", "2025년 5월")])
def test_what_a_page_proposes_in_its_language_is_understood(language: str, month: str) -> None:
    with translation.override(language):
        hint = translation.gettext("Words, #tag, @username, May 2025")
        head = translation.gettext(
            "Words, #tags, @usernames, cameras and dates, such as 2025, May 2025 or 2025-05-09. You can combine them."
        )
        assert month in head
        assert ask(hint.rpartition(", ")[2]).taken == MAY


@given(st.fixed_dictionaries({name: st.text(max_size=60) for name in FIELDS}))
def test_nothing_that_is_typed_is_an_error(fields: dict[str, str]) -> None:
    assert len(parse(fields).words) <= 8


@given(st.dates(date(1826, 1, 1), date(2099, 12, 31)))
def test_a_day_is_in_its_month_and_year(day: date) -> None:
    for text in (day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]):
        span = days_of(text)
        assert span.first is not None
        assert span.last is not None
        assert span.first <= day <= span.last
