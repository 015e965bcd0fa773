"""Every read is counted by server and reason, and shown in a header on request."""

import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from ops import metrics
from sharding.connections import replicas
from sharding.connections.watch import Watch
from sharding.consistency import causal
from sharding.rows import transactions

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.usefixtures("tree_tables", "lagging_replicas"),
]


def _reads(primary: str, server: str, reason: str) -> float:
    labels = {"primary": primary, "server": server, "reason": reason}
    return metrics.registry.get_sample_value("tessera_db_reads_total", labels) or 0.0


def _writes() -> float:
    return metrics.registry.get_sample_value("tessera_db_writes_total", {"primary": "shard0"}) or 0.0


def test_reads_are_counted_by_server_and_reason() -> None:
    before = _reads("shard0", "shard0_r1", "replica"), _reads("shard0", "shard0", "pinned")
    with causal.session() as session:
        causal.alias_for_read("shard0")
        causal.alias_for_read("shard0")
        with causal.pin():
            causal.alias_for_read("shard0")
        with transactions.shard_atomic(alias="shard1"):
            causal.alias_for_read("shard1")
        causal.alias_for_read("default", is_critical=True)
        session.note_write("shard0")
        causal.alias_for_read("shard0")
    assert session.reads == {
        ("shard0", "shard0_r1", "replica"): 2,
        ("shard0", "shard0", "pinned"): 1,
        ("shard1", "shard1", "in_transaction"): 1,
        ("default", "default", "critical"): 1,
        ("shard0", "shard0", "dirty"): 1,
    }
    after = _reads("shard0", "shard0_r1", "replica"), _reads("shard0", "shard0", "pinned")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)


def test_an_inner_session_is_counted_once() -> None:
    before = _reads("shard1", "shard1_r1", "replica")
    with causal.session():
        with causal.session():
            causal.alias_for_read("shard1")
        causal.alias_for_read("shard1")
    assert _reads("shard1", "shard1_r1", "replica") == before + 2


def test_a_reader_without_a_session_is_counted_too() -> None:
    before = _reads("shard1", "shard1", "no_session")
    causal.alias_for_read("shard1")
    assert _reads("shard1", "shard1", "no_session") == before + 1


def test_writes_are_counted_by_statement() -> None:
    before = _writes()
    with connections["shard0"].cursor() as cursor:
        cursor.execute("UPDATE trees_plant SET name = 'moss'")
        cursor.execute("SELECT 1")
    assert _writes() == before + 1


def test_the_route_says_who_answered_and_why() -> None:
    with causal.session({"shard1": 7}) as session:
        causal.alias_for_read("shard0")
        causal.alias_for_read("shard0")
        causal.alias_for_read("shard1")
        causal.note_write("default")
    assert session.route() == "shard0_r1=2 shard1=1;no_replica wrote=default"


def test_the_header_is_shown_where_it_is_asked_for(client: Client, settings: Settings) -> None:
    assert "X-DB-Route" not in client.get("/accounts/login/")
    settings.SHOW_DB_ROUTE = True
    assert "default_r1=" in client.get("/@nobody/")["X-DB-Route"]


class HeardWatch:
    """A watch with a given state."""

    def __init__(self, *, dropped_because: str = "", is_heard: bool = True) -> None:
        self.dropped_because, self.is_heard = dropped_because, is_heard


@pytest.mark.parametrize(
    ("watches", "reason"),
    [
        ({}, "no_replica"),
        ({"a": HeardWatch(dropped_because="gone")}, "dropped"),
        ({"a": HeardWatch(dropped_because="gone"), "b": HeardWatch()}, "behind"),
        ({"a": HeardWatch(is_heard=False)}, "silent"),
    ],
)
def test_why_no_replica_answers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, watches: dict[str, Watch], reason: str
) -> None:
    settings.REPLICAS = {"shard0": ["a", "b"]}
    monkeypatch.setattr(replicas, "_watches", watches)
    assert replicas.why_none("shard0") == reason
