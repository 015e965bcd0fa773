"""Lists over many shards, page by page."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connections
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from sharding.gather import keyset, scatter
from sharding.gather.keyset import merged_once
from sharding.rows import buckets
from sharding.rows.ids import bucket_of
from tests.sharding.tree_model import Plant

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("tree_tables")]


def _plants(owners: list[int], count: int) -> list[int]:
    made = [Plant.objects.create(owner_id=owner, name="fern").pk for _ in range(count) for owner in owners]
    return sorted(made, reverse=True)


def _all(alias: str) -> QuerySet[Plant]:
    return Plant.objects.on(alias)


def _without(dead: str) -> Callable[[str], QuerySet[Plant]]:
    def rows_on(alias: str) -> QuerySet[Plant]:
        if alias == dead:
            raise OperationalError("connection refused")
        return _all(alias)

    return rows_on


def _walk(limit: int) -> list[int]:
    pks, cursor = [], None
    while True:
        page = keyset.newest(_all, limit=limit, before=cursor)
        pks += [row.pk for row in page.rows]
        if page.next_cursor is None:
            return pks
        cursor = page.next_cursor


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_follow_on_each_other_without_gaps_or_repeats(ann: int, ben: int, limit: int) -> None:
    planted = _plants([ann, ben], 4)
    assert _walk(limit) == planted


@pytest.mark.parametrize("limit", [3, 10, 25])
def test_a_shard_that_has_all_the_newest_is_asked_again(
    ann: int, ben: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "_share", lambda wanted, shards: wanted // shards + 1)
    older, newer = _plants([ben], 20), _plants([ann], 20)
    assert _walk(limit) == newer + older


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_shard_that_hangs_leaves_time_to_ask_another_once_more(
    ann: int, ben: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SCATTER_SEQUENTIALLY = False
    monkeypatch.setattr(keyset, "_share", lambda wanted, shards: 2)
    planted = _plants([ann], 6)

    def rows_on(alias: str) -> QuerySet[Plant]:
        rows = _all(alias)
        return rows.extra(where=["pg_sleep(30) IS NOT NULL"]) if alias == "shard1" else rows

    _plants([ben], 1)
    try:
        page = keyset.newest(rows_on, limit=5, deadline_seconds=1)
    finally:
        scatter.close()
    assert [row.pk for row in page.rows] == planted[:5]
    assert set(page.missing) == {"shard1"}


def test_a_shard_is_asked_for_little_more_than_its_share(
    ann: int, ben: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [keyset._share(41, shards) for shards in (1, 2, 4, 8)] == [41, 41, 18, 10]
    monkeypatch.setattr(keyset, "_share", lambda wanted, shards: 13)
    _plants([ann, ben], 30)
    with CaptureQueriesContext(connections["shard0"]) as queries:
        keyset.newest(_all, limit=20)
    assert [query["sql"].rpartition("LIMIT ")[2] for query in queries.captured_queries] == ["13"]


def test_an_empty_list_has_no_next_page() -> None:
    assert keyset.newest(_all, limit=3) == keyset.Page([])


def test_what_is_missing_is_named_and_the_end_is_not_claimed(ann: int, ben: int) -> None:
    _plants([ann, ben], 2)
    page = keyset.newest(_without("shard1"), limit=10)
    assert {row.owner_id for row in page.rows} == {ann}
    assert page.missing == {"shard1": "connection refused"}
    assert page.next_cursor == page.rows[-1].pk
    rest = keyset.newest(_without("shard1"), limit=10, before=page.next_cursor)
    assert (rest.rows, rest.next_cursor, set(rest.missing)) == ([], None, {"shard1"})
    later = keyset.newest(_all, limit=10, before=page.next_cursor)
    assert {row.owner_id for row in later.rows} <= {ben}


def test_without_any_shard_there_is_nothing_to_go_on_from() -> None:
    def away(alias: str) -> QuerySet[Plant]:
        raise OperationalError("gone")

    assert keyset.newest(away, limit=3, before=7) == keyset.Page(
        [], None, {"shard0": "gone", "shard1": "gone"}
    )


def test_of_a_row_on_two_shards_the_one_where_the_bucket_lives_is_shown(ann: int) -> None:
    plant = Plant.objects.create(owner_id=ann, name="true")
    with connections["shard1"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO trees_plant (id, owner_id, name, height_cm) VALUES (%s, %s, 'copy', 0)",
            [plant.pk, ann],
        )
    for limit in (1, 5):
        page = keyset.newest(_all, limit=limit)
        assert [row.name for row in page.rows] == ["true"]
        assert page.next_cursor is None


_IDS = st.lists(st.integers(1, 60).map(lambda n: n << 10), max_size=15, unique=True)


@given(_IDS, _IDS, st.integers(1, 20))
def test_merged_rows_are_the_newest_once_each_and_at_home(
    ones: list[int], twos: list[int], limit: int
) -> None:
    lists = []
    for alias, row_ids in (("shard0", ones), ("shard1_r1", twos)):
        rows = [Plant(id=id, name=alias) for id in sorted(row_ids, reverse=True)]  # noqa: A001
        for row in rows:
            row._state.db = alias
        lists.append(rows)
    merged = merged_once(lists, limit)
    assert [row.pk for row in merged] == sorted({*ones, *twos}, reverse=True)[:limit]
    for row in merged:
        if row.pk in ones and row.pk in twos:
            assert row.name.startswith(buckets.shard_of(bucket_of(row.pk)))
