"""How often one person may do something: one table, which every view reads."""

import re
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.cache import cache
from pytest_django import Settings

from accounts.rate_limit import is_too_fast

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    cache.clear()
    settings.RATE_LIMITS = {"wave": {60: 3, 3600: 5}}


def test_one_is_too_fast_above_any_limit_of_the_row() -> None:
    assert [is_too_fast("wave", 1) for _ in range(4)] == [False, False, False, True]
    assert is_too_fast("wave", 2, count=3) is False
    assert is_too_fast("wave", 2, count=3) is True, "six in an hour"
    assert is_too_fast("wave", 3, count=4) is True


def test_kinds_of_users_are_counted_apart() -> None:
    assert is_too_fast("wave", 1, by="owner", count=3) is False
    assert is_too_fast("wave", 1, by="guest", count=3) is False
    assert is_too_fast("wave", 1, by="guest") is True


def test_every_view_reads_the_table_and_every_row_is_read() -> None:
    texts = [path.read_text() for app in ("accounts", "photos") for path in (ROOT / app).rglob("*.py")]
    asked = {name for text in texts for name in re.findall(r'is_too_fast\("(\w+)"', text)}
    text = (ROOT / "config" / "settings.py").read_text()
    rows = set(re.findall(r'"(\w+)"', text.partition("RATE_LIMITS = {")[2].partition("\n}")[0]))
    assert asked == rows
    assert project.RATE_LIMITS
