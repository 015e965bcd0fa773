"""`scatter`: in parallel, by one deadline, naming missing shards."""

import threading
import time

import pytest
from django.db import OperationalError, connections
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from sharding.consistency import causal
from sharding.gather import scatter
from sharding.gather.scatter import Gathered, merge_by_id

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("in_threads"),
]


def _ask(alias: str) -> tuple[str, str]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return cursor.fetchone()[0], threading.current_thread().name


def test_every_shard_answers_from_a_thread_of_its_own() -> None:
    gathered = scatter.scatter(_ask)
    assert not gathered.missing
    databases = {alias: database for alias, (database, _) in gathered.results.items()}
    assert databases == {alias: connections[alias].settings_dict["NAME"] for alias in ("shard0", "shard1")}
    assert all(name.startswith(f"scatter-{alias}") for alias, (_, name) in gathered.results.items())


def test_shards_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(2, timeout=10)
    assert scatter.scatter(lambda alias: together.wait() >= 0, deadline_seconds=10).results == {
        "shard0": True,
        "shard1": True,
    }


def test_a_late_shard_is_named_and_the_others_answer() -> None:
    release = threading.Event()

    def ask(alias: str) -> int:
        if alias == "shard1":
            release.wait(10)
        return 1

    started = time.monotonic()
    gathered = scatter.scatter(ask, deadline_seconds=0.4)
    assert time.monotonic() - started < 5
    assert gathered == Gathered({"shard0": 1}, {"shard1": "no answer within 0.4 s"})
    release.set()


def test_a_shard_that_hangs_does_not_hold_up_others_later() -> None:
    release = threading.Event()

    def ask(alias: str) -> int:
        if alias == "shard1":
            release.wait(20)
        return 1

    for _ in range(scatter.THREADS_PER_SHARD + 2):
        assert scatter.scatter(ask, deadline_seconds=0.3).results == {"shard0": 1}
    release.set()


def test_an_abandoned_question_is_not_sent() -> None:
    called: list[str] = []
    release = threading.Event()

    def hang(alias: str) -> bool:
        return release.wait(20)

    for _ in range(scatter.THREADS_PER_SHARD):
        scatter.scatter(hang, deadline_seconds=0.25)
    scatter.scatter(called.append, deadline_seconds=0.25)
    release.set()
    time.sleep(0.1)
    assert called == []


@pytest.mark.parametrize("sequentially", [True, False])
def test_a_dead_shard_is_named(settings: Settings, sequentially: bool) -> None:
    settings.SCATTER_SEQUENTIALLY = sequentially

    def ask(alias: str) -> int:
        if alias == "shard0":
            raise OperationalError("connection refused\n")
        return 1

    assert scatter.scatter(ask) == Gathered({"shard1": 1}, {"shard0": "connection refused"})


@pytest.mark.parametrize("sequentially", [True, False])
def test_a_bug_is_raised(settings: Settings, sequentially: bool) -> None:
    settings.SCATTER_SEQUENTIALLY = sequentially
    with pytest.raises(ZeroDivisionError):
        scatter.scatter(lambda alias: 1 // 0)


def test_a_dying_replica_is_asked_again_as_its_primary(lagging_replicas: None) -> None:
    def ask(alias: str) -> str:
        used = causal.alias_for_read(alias)
        if used != alias:
            raise OperationalError(f"{used} died")
        return used

    with causal.session() as session:
        assert scatter.scatter(ask) == Gathered({"shard0": "shard0", "shard1": "shard1"})
    assert session.aliases_used == {"shard0", "shard0_r1", "shard1", "shard1_r1"}


def test_threads_know_the_session_and_its_pins(lagging_replicas: None) -> None:
    with causal.session({"shard0": 7}) as session:
        assert scatter.scatter(causal.alias_for_read).results == {"shard0": "shard0", "shard1": "shard1_r1"}
        session.note_write("shard1")
        assert scatter.scatter(causal.alias_for_read).results == {"shard0": "shard0", "shard1": "shard1"}
    with causal.session(), causal.pin():
        assert scatter.scatter(causal.alias_for_read).results == {"shard0": "shard0", "shard1": "shard1"}


def test_one_shard_alone_is_asked_here() -> None:
    assert scatter.scatter(_ask, ["shard1"]).results["shard1"][1] == threading.current_thread().name


def test_no_shards_give_an_empty_answer() -> None:
    assert scatter.scatter(_ask, []) == Gathered()


def _count_connections() -> int:
    with connections["default"].cursor() as cursor:
        own = [connections[alias].settings_dict["NAME"] for alias in ("shard0", "shard1")]
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(%s)", [own])
        count: int = cursor.fetchone()[0]
        return count


def test_threads_keep_their_connections_and_give_them_back_at_the_end() -> None:
    before = _count_connections()
    for _ in range(20):
        assert not scatter.scatter(_ask).missing
    assert before < _count_connections() <= before + 2 * scatter.THREADS_PER_SHARD
    scatter.close()
    time.sleep(0.1)
    assert _count_connections() <= before


@given(st.lists(st.lists(st.integers(0, 1000), max_size=20), max_size=5), st.integers(0, 30))
def test_merged_lists_are_the_newest_of_all(lists: list[list[int]], limit: int) -> None:
    pages = [sorted(page, reverse=True) for page in lists]
    merged = merge_by_id(pages, limit, key=lambda number: number)
    assert merged == sorted((number for page in lists for number in page), reverse=True)[:limit]
