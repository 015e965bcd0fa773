"""Search with every kind of filter over all shards, and the list of popular photos."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections, models
from django.utils.formats import date_format

from accounts.models import User
from accounts.relations import blocking
from photos.feed import explore, popular
from photos.models import Like, Photo
from photos.social import likes
from photos.text import search_query
from sharding.rows import ids
from tests.cast import make_neighbour, make_photo, make_resident, make_user, signed_in
from tests.flows.test_social import HTMX

pytestmark = pytest.mark.django_db(databases="__all__")

BULK = """
INSERT INTO photos_photo (id, owner_id, sha256, original_key, original_bytes, original_format, content_type, filename,
    caption, state, state_at, attempts, failure_code, failure, stage, stamp, unedited_stamp, thumbhash, color, facts,
    created_at, visibility, location, multipart_id, part_sha256s, edits, shown_edits, shown_credit)
SELECT id + (n::bigint << 23), owner_id, md5(n::text) || md5(n::text), original_key, 1, '', 'image/jpeg', 'x.jpg',
    'bulk ' || n, 'ready', state_at, 0, '', '', 'full', stamp, '', thumbhash, color,
    jsonb_build_object('taken_at',
        to_char(timestamp '2010-01-01' + n * interval '3 hours', 'YYYY-MM-DD"T"HH24:MI:SS')),
    created_at, 'public', '', '', '[]', '{}', '{}', '{}'
FROM photos_photo, generate_series(1, %s) AS n
"""
OWNERS, OF_EACH = 20, 750


def rows_for(text: str, viewer: User | None = None) -> list[Photo]:
    return explore.matching(search_query.parse({"q": text}), viewer).rows


@pytest.fixture
def neighbour(alice: User) -> User:
    """Return a person on another shard than alice."""
    return make_neighbour(alice)


def taken(owner: User, text: str, **fields: Any) -> Photo:
    return make_photo(owner, facts={"taken_at": text, "make": "Leica", "model": "Q3"}, **fields)


def test_search_by_the_day_taken_over_all_shards(alice: User, neighbour: User) -> None:
    may, june = taken(alice, "2025-05-31T23:59:59-08:00"), taken(neighbour, "2025-06-01T00:00:00")
    unknown = make_photo(neighbour, created_at=datetime(2024, 5, 9, tzinfo=UTC))
    assert rows_for("2025") == [june, may]
    assert rows_for("May 2025") == [may]
    assert rows_for("from:2025-06-01") == [june]
    assert rows_for("2024-05-09") == [unknown]
    assert rows_for("to:2025-05") == [unknown, may]


def test_search_by_the_day_uploaded(alice: User) -> None:
    photo = taken(alice, "2019-01-01T00:00:00")
    day = ids.time_of(photo.pk).date()
    assert rows_for(f"uploaded:{day.isoformat()}") == [photo]
    assert rows_for(f"uploaded:{(day + timedelta(days=1)).isoformat()}") == []
    assert rows_for("uploaded:1999") == []


def test_all_filters_together_find_only_what_the_viewer_may_see(
    alice: User, bob: User, carol: User, neighbour: User
) -> None:
    fields = {"caption": "A boat in #fog", "tags": ["fog"]}
    photo = taken(alice, "2025-05-09T10:00:00", visibility="followers", **fields)
    taken(neighbour, "2025-05-09T10:00:00", **fields)
    text = "boat #fog @alice camera:leica May 2025"
    assert rows_for(text, bob) == [photo]
    assert rows_for(text, carol) == rows_for(text) == []
    for other in ("#sea", "camera:canon", "2024", "ship", "uploaded:1999"):
        assert rows_for(f"{text} {other}", bob) == [], other
    assert rows_for("@nobody") == []
    blocking.begin(alice, bob, "block")
    assert rows_for(text, User.objects.get(pk=bob.pk)) == []


def test_the_page_takes_words_or_fields_and_goes_on_with_both(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explore, "PAGE", 2)
    monkeypatch.setattr(explore.matching, "__kwdefaults__", {"before": None, "limit": 2})
    photos = [taken(alice, "2025-05-09T10:00:00", caption="boat") for _ in range(3)]
    client = signed_in(alice)
    page = client.get(
        "/search/", {"q": "boat", "by": "alice", "from": "2025-05-01", "to": "", "when": "taken"}
    )
    html = page.content.decode()
    assert f"Taken since {date_format(date(2025, 5, 1))}." in html
    assert "<details" in html
    assert " open>" in html
    following = html.split('hx-get="/search/?')[1].split('"')[0].replace("&amp;", "&")
    assert "by=alice" in following
    last = client.get(f"/search/?{following}", headers=HTMX).content.decode()
    assert photos[0].pid in last
    assert photos[1].pid not in last


def test_each_way_to_search_many_photos_uses_an_index() -> None:
    alias = settings.SHARDS[0]
    owners = [make_resident(alias) for _ in range(OWNERS)]
    for owner in owners:
        make_photo(owner)
    with connections[alias].cursor() as cursor:
        cursor.execute(BULK, [OF_EACH])
        cursor.execute("ANALYZE photos_photo")
        for text in (
            "2011-03-09",
            "May 2011",
            "2010",
            "#fog",
            "bulk",
            "camera:leica",
            "@somebody 2011",
            "uploaded:2026",
        ):
            query = search_query.parse({"q": text})
            rows = explore.rows_matching(query, None, owners[0].pk if query.person else None)
            sql, params = rows.using(alias).order_by("-pk")[:41].query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on photos_photo" not in plan, f"{text}: {plan}"


def like(photo: Photo, people: int) -> None:
    for _ in range(people):
        likes.set_liked(photo, make_user(f"fan{User.objects.count()}").pk, is_liked=True)


def test_popular_photos_are_ordered_by_the_likes_of_a_week_over_all_shards(
    alice: User, neighbour: User, carol: User
) -> None:
    most, some, one = make_photo(alice), make_photo(neighbour), make_photo(alice)
    like(most, 3)
    like(some, 2)
    like(one, 1)
    hidden, old = make_photo(neighbour, visibility="followers"), make_photo(neighbour)
    like(hidden, 4)
    make_photo(alice)
    assert popular.page().page.rows == [most, some, one]
    assert popular.page().likes == 1
    like(old, 5)
    eight_days = 8 * 24 * 3600 * 1000 << ids.TIME_SHIFT
    aged = Like.objects.in_bucket(ids.bucket_of(old.pk)).filter(photo=old)
    aged.update(id=models.F("id") - eight_days)
    like(one, 3)
    assert popular.page().page.rows == [most, some, one], "for some minutes"
    cache.clear()
    assert popular.page().page.rows == [one, most, some]
    blocking.begin(carol, neighbour, "block")
    assert some not in popular.page(User.objects.get(pk=carol.pk)).page.rows


def test_popular_goes_on_page_by_page(alice: User, neighbour: User) -> None:
    photos = [make_photo(owner) for owner in (alice, neighbour) for _ in range(3)]
    for number, photo in enumerate(photos):
        like(photo, 1 + number % 2)
    seen: list[Photo] = []
    below: popular.Position | None = None
    while True:
        part = popular.page(below=below, limit=2)
        seen += part.page.rows
        if part.page.next_cursor is None:
            break
        below = (part.likes, part.page.next_cursor)
    assert sorted(photo.pk for photo in seen) == sorted(photo.pk for photo in photos)
    assert len(settings.SHARDS) > 1
    html = signed_in(alice).get("/explore/?sort=popular").content.decode()
    assert html.index(photos[5].pid) < html.index(photos[4].pid)
    assert 'sort=popular" aria-current="page"' in html
