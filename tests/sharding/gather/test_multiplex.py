"""`multiplex`: one thread asks many shards by one deadline, and leaves its connections clean."""

import threading
import time
from collections.abc import Iterator, Mapping

import pytest
from django.db import OperationalError, connections, transaction
from django.db.models import BooleanField, F, Func, QuerySet
from django.db.utils import ProgrammingError

from sharding.connections import connecting
from sharding.connections.deadline import Late
from sharding.consistency import causal
from sharding.gather import multiplex
from tests.sharding.tree_model import Plant

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("_without_plants"),
]

BOTH = ["shard0", "shard1"]


@pytest.fixture
def _without_plants(tree_tables: None) -> Iterator[None]:
    """Delete the plants that other tests have committed."""
    _clear()
    yield
    _clear()


def _clear() -> None:
    for alias in BOTH:
        Plant.objects.on(alias).delete()


@pytest.fixture
def ferns(ann: int, ben: int) -> dict[str, list[Plant]]:
    return {
        alias: [Plant.objects.create(owner_id=owner, name="fern")]
        for alias, owner in zip(BOTH, (ann, ben), strict=True)
    }


def _all(alias: str) -> QuerySet[Plant]:
    rows: QuerySet[Plant] = Plant.objects.everywhere()
    return rows


def _sleeping(alias: str) -> QuerySet[Plant]:
    return _all(alias).extra(where=["pg_sleep(30) IS NOT NULL"])


class _Nonsense(Func):
    """An SQL function that no server has."""

    function = "nonsense"
    output_field = BooleanField()


def _one(alias: str, sql: str) -> object:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _is_as_before(alias: str) -> bool:
    connection = connections[alias]
    return (
        _one(alias, "SHOW statement_timeout") == "0"
        and connection.get_autocommit()
        and not connection.in_atomic_block
    )


def test_every_shard_gives_its_own(ferns: dict[str, list[Plant]]) -> None:
    gathered = multiplex.gather(_all, BOTH)
    assert gathered.results == ferns
    assert {row._state.db for rows in gathered.results.values() for row in rows} == set(BOTH)
    assert not gathered.missing
    assert all(map(_is_as_before, BOTH))


def test_objects_are_made_as_django_makes_them(ferns: dict[str, list[Plant]]) -> None:
    def taller(alias: str) -> QuerySet[Plant]:
        rows: QuerySet[Plant] = _all(alias).annotate(taller=F("height_cm") + 1).only("name")
        return rows

    (row,) = multiplex.gather(taller, ["shard0"]).results["shard0"]
    assert (row.name, row.__dict__["taller"], row.get_deferred_fields()) == (
        "fern",
        ferns["shard0"][0].height_cm + 1,
        {"owner_id", "height_cm"},
    )


def test_nothing_can_be_found_without_asking(ferns: dict[str, list[Plant]]) -> None:
    nothing = multiplex.gather(lambda alias: _all(alias).filter(pk__in=[]), BOTH)
    assert nothing.results == {"shard0": [], "shard1": []}


def test_a_late_shard_is_named_and_the_others_answer(ferns: dict[str, list[Plant]]) -> None:
    began = time.monotonic()
    gathered = multiplex.gather(
        lambda alias: _sleeping(alias) if alias == "shard1" else _all(alias), BOTH, deadline_seconds=0.4
    )
    assert time.monotonic() - began < 5
    assert gathered.results == {"shard0": ferns["shard0"]}
    assert gathered.missing == {"shard1": "no answer within 0.4 s"}
    assert multiplex.gather(_all, BOTH).results == ferns
    assert all(map(_is_as_before, BOTH))


def test_a_connection_that_was_closed_meanwhile_is_made_anew(ferns: dict[str, list[Plant]]) -> None:
    pid = _one("shard0", "SELECT pg_backend_pid()")
    _one("default", f"SELECT pg_terminate_backend({pid}, 5000)")
    assert multiplex.gather(_all, BOTH).results == ferns
    assert _one("shard0", "SELECT pg_backend_pid()") != pid


def test_a_failing_replica_is_asked_again_as_its_primary(
    ferns: dict[str, list[Plant]], lagging_replicas: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_replicas(aliases: list[str], until: float) -> Mapping[str, object]:
        refused = {alias: OperationalError("connection refused") for alias in aliases if "_r" in alias}
        return {**connecting.connect(set(aliases) - set(refused), until), **refused}

    monkeypatch.setattr(multiplex, "connect", without_replicas)
    with causal.session() as session:
        assert multiplex.gather(_all, BOTH).results == ferns
    assert session.aliases_used == {"shard0_r1", "shard1_r1", "shard0", "shard1"}


def test_a_shard_that_is_away_is_named(
    ferns: dict[str, list[Plant]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_shard1(aliases: list[str], until: float) -> Mapping[str, object]:
        refused = {"shard1": OperationalError("connection refused\n")}
        return {**connecting.connect(set(aliases) - set(refused), until), **refused}

    monkeypatch.setattr(multiplex, "connect", without_shard1)
    gathered = multiplex.gather(_all, BOTH)
    assert gathered.results == {"shard0": ferns["shard0"]}
    assert gathered.missing == {"shard1": "connection refused"}


def test_a_bug_is_raised_and_leaves_usable_connections(ferns: dict[str, list[Plant]]) -> None:
    with pytest.raises(ProgrammingError, match="nonsense"):
        multiplex.gather(
            lambda alias: _all(alias).extra(where=["nonsense"]) if alias == "shard0" else _sleeping(alias),
            BOTH,
        )
    assert multiplex.gather(_all, BOTH).results == ferns
    assert all(map(_is_as_before, BOTH))


def test_a_transaction_of_the_callers_goes_on(ann: int) -> None:
    with transaction.atomic(using="shard0"):
        Plant.objects.create(owner_id=ann, name="moss")
        (row,) = multiplex.gather(_all, ["shard0"]).results["shard0"]
        assert row.name == "moss"
        assert _one("shard0", "SHOW statement_timeout") == "0"
        transaction.set_rollback(True, using="shard0")
    assert multiplex.gather(_all, ["shard0"]).results == {"shard0": []}


def test_a_late_caller_asks_no_shard() -> None:
    assert multiplex.gather(_all, ["shard0"], deadline_seconds=0).missing == {
        "shard0": "no answer within 0 s"
    }
    assert _is_as_before("shard0")


def test_connections_are_made_at_the_same_time(
    ferns: dict[str, list[Plant]], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2, timeout=10)
    for alias in BOTH:
        connection = connections[alias]
        connection.close()
        connect = connection.connect
        monkeypatch.setattr(connection, "connect", lambda connect=connect: (together.wait(), connect()))
    assert multiplex.gather(_all, BOTH, deadline_seconds=10).results == ferns


def test_a_server_that_accepts_no_connection_keeps_no_caller_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, release, closed = connections["shard1"], threading.Event(), threading.Event()
    frozen.close()
    connect, close = frozen.connect, frozen.close
    monkeypatch.setattr(frozen, "connect", lambda: (release.wait(20), connect()))

    def close_and_tell() -> None:
        close()
        closed.set()

    monkeypatch.setattr(frozen, "close", close_and_tell)
    opened = connecting.connect(BOTH, time.monotonic() + 0.3)
    assert opened["shard0"] is connections["shard0"]
    assert isinstance(opened["shard1"], Late)
    assert connections["shard1"] is not frozen
    release.set()
    assert closed.wait(10)
    assert frozen.connection is None
