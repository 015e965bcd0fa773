"""A deadline is enforced by the server, and its setting does not stay on the connection."""

import time

import pytest
from django.db import connections, transaction
from django.db.utils import ProgrammingError
from pytest_django import Settings

from sharding.connections import deadline
from sharding.consistency import causal, writes
from sharding.gather import scatter

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("in_threads"),
]


def _ask(alias: str, sql: str) -> object:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def _sleepers() -> object:
    return _ask(
        "default",
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'",
    )


def test_an_abandoned_question_does_not_go_on_burning_a_connection() -> None:
    began = time.monotonic()
    gathered = scatter.scatter(
        lambda alias: _ask(alias, "SELECT pg_sleep(30)" if alias == "shard1" else "SELECT 1"),
        deadline_seconds=0.4,
    )
    assert (gathered.results, set(gathered.missing)) == ({"shard0": 1}, {"shard1"})
    assert gathered.missing["shard1"] == "no answer within 0.4 s"
    assert time.monotonic() - began < 2
    time.sleep(0.3)
    assert _sleepers() == 0


@pytest.mark.parametrize("sequentially", [True, False])
def test_one_shard_alone_has_a_deadline_too(settings: Settings, sequentially: bool) -> None:
    settings.SCATTER_SEQUENTIALLY = sequentially
    gathered = scatter.scatter(
        lambda alias: _ask(alias, "SELECT pg_sleep(30)"), ["shard0"], deadline_seconds=0.2
    )
    assert gathered.missing == {"shard0": "no answer within 0.2 s"}


def test_nothing_of_it_stays_on_the_connection() -> None:
    with deadline.enforced("shard0", time.monotonic() + 5):
        assert str(_ask("shard0", "SHOW statement_timeout")).endswith("ms")
    assert _ask("shard0", "SHOW statement_timeout") == "0"
    assert connections["shard0"].get_autocommit()
    assert not connections["shard0"].in_atomic_block


def test_an_error_within_it_leaves_a_usable_connection() -> None:
    with deadline.enforced("shard0", time.monotonic() + 5):
        with pytest.raises(ProgrammingError):
            _ask("shard0", "SELECT nonsense")
        assert _ask("shard0", "SELECT 1") == 1


def test_a_transaction_of_the_callers_is_left_as_it_was() -> None:
    with transaction.atomic(using="shard0"):
        with deadline.enforced("shard0", time.monotonic() + 5):
            assert _ask("shard0", "SHOW statement_timeout") != "0"
        assert _ask("shard0", "SHOW statement_timeout") == "0"


def test_a_statement_without_time_left_is_not_sent() -> None:
    with deadline.enforced("shard0", time.monotonic() - 1), pytest.raises(deadline.Late):
        _ask("shard0", "SELECT 1")


def test_a_late_replica_is_not_taken_for_a_dead_one(lagging_replicas: None) -> None:
    aliases: list[str] = []

    def ask(alias: str) -> object:
        aliases.append(used := causal.alias_for_read(alias))
        return _ask(used, "SELECT pg_sleep(30)")

    with causal.session():
        assert set(scatter.scatter(ask, ["shard0"], deadline_seconds=0.2).missing) == {"shard0"}
    assert aliases == ["shard0_r1"]


def test_a_connection_that_is_made_within_keeps_noticing_writes_and_forgets_the_deadline() -> None:
    connections["shard0"].close()
    connections["shard0"].execute_wrappers.clear()
    with deadline.enforced("shard0", time.monotonic() + 5):
        _ask("shard0", "SELECT 1")
    assert connections["shard0"].execute_wrappers == [writes.notice]
