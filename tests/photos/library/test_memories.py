"""An owner's photos of today's date in earlier years."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections

from accounts.models import User
from photos.library import memories, trash
from photos.models import Photo
from tests.cast import make_photo, shard_of, signed_in
from tests.photos.indexes import keep_only

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "today", lambda: date(2027, 5, 9))


def make_photo_taken_at(owner: User, taken_at: str, **fields: Any) -> Photo:
    """Create a photo whose camera wrote this time (ISO 8601)."""
    return make_photo(owner, facts={"taken_at": taken_at}, **fields)


def pids_by_age(owner: User) -> list[tuple[int, list[str]]]:
    """Return (years ago, pids of the photos) of an owner's memories."""
    return [(year.years_ago, [tile.pid for tile in year.tiles]) for year in memories.for_owner(owner.pk)]


def test_photos_of_this_day_by_year_by_the_cameras_clock(alice: User, carol: User) -> None:
    late = make_photo_taken_at(alice, "2025-05-09T23:59:59-10:00")
    early = make_photo_taken_at(alice, "2019-05-09T00:00:00")
    later = make_photo_taken_at(alice, "2019-05-09T08:00:00")
    make_photo_taken_at(alice, "2019-05-10T00:00:00")
    make_photo_taken_at(alice, "2027-05-09T08:00:00")
    make_photo_taken_at(carol, "2019-05-09T00:00:00")
    uploaded = make_photo(alice, created_at=datetime(2026, 5, 9, 12, tzinfo=UTC))
    make_photo(alice, facts={"taken_at": "yesterday"}, created_at=datetime(2026, 5, 8, tzinfo=UTC))
    assert pids_by_age(alice) == [(1, [uploaded.pid]), (2, [late.pid]), (8, [later.pid, early.pid])]
    trash.put(alice.pk, [late.pk])
    assert [ago for ago, _ in pids_by_age(alice)] == [1, 8]


def test_the_leap_day_is_remembered_in_short_years(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    leap, day_before = (
        make_photo_taken_at(alice, "2024-02-29T10:00:00"),
        make_photo_taken_at(alice, "2024-02-28T10:00:00"),
    )
    monkeypatch.setattr(memories, "today", lambda: date(2027, 2, 28))
    assert pids_by_age(alice) == [(3, [leap.pid, day_before.pid])]
    monkeypatch.setattr(memories, "today", lambda: date(2028, 2, 28))
    assert pids_by_age(alice) == [(4, [day_before.pid])]


def test_home_and_its_page_show_them_to_their_owner_alone(alice: User, bob: User) -> None:
    photo = make_photo_taken_at(alice, "2025-05-09T10:00:00")
    owner = signed_in(alice)
    for address in ("/", "/memories/"):
        page = owner.get(address).content.decode()
        assert "2 years ago" in page
        assert photo.pid in page
    assert "On this day" not in owner.get("/", headers={"HX-Request": "true"}).content.decode()
    follower = signed_in(bob)
    assert "years ago" not in follower.get("/").content.decode()
    assert "No photos on this day" in follower.get("/memories/").content.decode()


def test_an_owner_without_memories_is_looked_up_once_in_some_minutes(alice: User) -> None:
    make_photo(alice)
    page = signed_in(alice).get("/").content.decode()
    assert 'id="on-this-day"' not in page
    make_photo_taken_at(alice, "2025-05-09T10:00:00")
    assert memories.for_home_page(alice.pk) == [], "the cached answer is still fresh"
    cache.clear()
    assert len(memories.for_home_page(alice.pk)) == 1


def test_a_year_of_many_photos_is_found_by_the_index(alice: User) -> None:
    for day in range(1, 29):
        make_photo_taken_at(alice, f"2025-06-{day:02}T10:00:00")
    with connections[shard_of(alice)].cursor() as cursor:
        keep_only(cursor, "photo_day_of_owner")
        sql, params = memories.photos_on(alice.pk, date(2027, 5, 9)).query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "photo_day_of_owner" in plan, plan
