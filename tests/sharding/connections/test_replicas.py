"""The choice of a replica, with real connections to the tests' server."""

import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections
from pytest_django import Settings

from sharding.connections import disconnecting, probe, replicas
from sharding.connections.probe import EVERYTHING, NoAnswer, Probe
from sharding.connections.watch import Sighting

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


class StubWatch:
    """A watch whose replica has replayed up to an LSN, and one more at each new question."""

    def __init__(self, replayed: int | None, fresh: int | None = None) -> None:
        self.replayed = replayed
        self.fresh = fresh
        self.asked_at: list[float] = []

    def find(self, *, not_before: float) -> Sighting | None:
        self.asked_at.append(not_before)
        replayed = self.fresh if len(self.asked_at) > 1 else self.replayed
        return None if replayed is None else Sighting(replayed, time.monotonic())

    def stop(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    replicas.forget()
    yield
    replicas.forget()


@pytest.fixture
def asking() -> Iterator[Probe]:
    replica = Probe("shard0_r1")
    yield replica
    replica.close()


def _watch(**watches: StubWatch) -> None:
    replicas._watches.update(watches)  # type: ignore[arg-type] # stubs


@pytest.mark.parametrize(
    ("replayed", "fresh", "chosen", "questions"),
    [
        (100, None, "shard0_r1", 1),  # caught up
        (99, 100, "shard0_r1", 2),  # behind by the cache, caught up by now
        (99, 99, None, 2),  # really behind
        (99, None, None, 2),  # gone in between
        (None, 100, None, 1),  # dropped
    ],
)
def test_a_replica_behind_the_token_is_asked_once_more_and_then_left(
    replayed: int | None, fresh: int | None, chosen: str | None, questions: int
) -> None:
    watch = StubWatch(replayed, fresh)
    _watch(shard0_r1=watch)
    assert replicas.choose("shard0", 100) == chosen
    assert len(watch.asked_at) == questions


def test_several_replicas_take_turns_and_stand_in_for_one_another(settings: Settings) -> None:
    settings.REPLICAS = {"shard0": ["a", "b", "c"]}
    _watch(a=StubWatch(5, 5), b=StubWatch(None), c=StubWatch(9, 9))
    assert {replicas.choose("shard0", 0) for _ in range(6)} == {"a", "c"}
    assert {replicas.choose("shard0", 7) for _ in range(6)} == {"c"}
    assert replicas.choose("shard0", 10) is None


def test_a_primary_without_replicas_answers_itself(settings: Settings) -> None:
    settings.REPLICAS = {}
    assert replicas.choose("shard0", 0) is None


def test_a_server_that_is_not_in_recovery_has_everything(asking: Probe) -> None:
    """Also after a promotion: no server has what the new primary lacks."""
    answer = asking.ask()
    assert answer.replayed == EVERYTHING
    assert answer.is_streaming


def test_a_live_replica_is_chosen_and_a_forgotten_one_watched_anew() -> None:
    for _ in range(2):
        deadline = time.monotonic() + 5
        while replicas.choose("shard0", 2**60) != "shard0_r1":
            assert time.monotonic() < deadline
        replicas.forget()


def test_a_probe_connects_anew_after_its_connection_was_lost(asking: Probe) -> None:
    asking.ask()
    assert asking._wrapper is not None
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [asking._wrapper.connection.info.backend_pid])
    time.sleep(0.05)
    with pytest.raises(NoAnswer):
        asking.ask()
    asking.ask()


def test_a_probe_does_not_wait_for_ever(asking: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_answer_seconds", 0.1)
    monkeypatch.setattr(probe, "_QUESTION", b"SELECT pg_sleep(5)")
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer within"):
        asking.ask()
    assert time.monotonic() - started < 2
    assert not asking.is_reachable()


def test_a_server_that_is_not_there_gives_no_answer(asking: Probe) -> None:
    wrapper = connections.create_connection("shard0_r1")
    wrapper.settings_dict = {**wrapper.settings_dict, "PORT": "1"}

    def create(alias: str) -> object:
        return wrapper

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "create_connection", create)
        with pytest.raises(NoAnswer, match="shard0_r1"):
            asking.ask()


def test_severing_ends_the_wait_for_a_frozen_replica() -> None:
    connection = connections["shard0_r1"]
    connection.ensure_connection()
    assert disconnecting.disconnect("shard0_r1") == 1
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()


def test_severing_leaves_other_servers_and_closed_connections_alone() -> None:
    connections["shard0"].ensure_connection()
    connections["shard0_r1"].ensure_connection()
    connections["shard0_r1"].close()
    assert disconnecting.disconnect("shard0_r1") == 0
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT 1")


def test_an_error_of_the_server_is_no_answer(asking: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_QUESTION", b"SELECT nonsense")
    with pytest.raises(NoAnswer, match="does not exist"):
        asking.ask()


def test_replicas_take_turns_by_their_weights(settings: Settings) -> None:
    settings.REPLICAS = {"shard0": ["shard0_r1", "shard0_r2", "shard0_r3"]}
    settings.REPLICA_WEIGHTS = {"shard0_r1": 3, "shard0_r3": 0}
    _watch(shard0_r1=StubWatch(100, 100), shard0_r2=StubWatch(100, 100), shard0_r3=StubWatch(100, 100))
    chosen = [replicas.choose("shard0", 50) for _ in range(40)]
    assert (chosen.count("shard0_r1"), chosen.count("shard0_r2"), chosen.count("shard0_r3")) == (30, 10, 0)
    assert all(chosen[n : n + 4].count("shard0_r2") == 1 for n in range(37)), "spread, not in bursts"


def test_what_is_dropped_leaves_its_turns_to_the_others(settings: Settings) -> None:
    settings.REPLICAS = {"shard0": ["shard0_r1", "shard0_r2", "shard0_r3"]}
    settings.REPLICA_WEIGHTS = {"shard0_r1": 4, "shard0_r2": 1, "shard0_r3": 1}
    _watch(shard0_r1=StubWatch(None), shard0_r2=StubWatch(100, 100), shard0_r3=StubWatch(100, 100))
    chosen = [replicas.choose("shard0", 50) for _ in range(60)]
    assert {chosen.count("shard0_r2"), chosen.count("shard0_r3")} <= set(range(20, 41))


@pytest.mark.parametrize("weights", [(1,), (1, 1), (5, 1, 1), (50, 100), (0, 2), (7, 3, 2)])
def test_a_round_is_as_short_as_it_can_be_and_gives_each_its_share(weights: tuple[int, ...]) -> None:
    named = tuple((f"r{n}", weight) for n, weight in enumerate(weights))
    orders = replicas.smooth_orders(named)
    firsts = [order[0] for order in orders]
    total = sum(weights)
    for name, weight in named:
        assert firsts.count(name) * total == weight * len(firsts)
    assert {len(order) for order in orders} == {sum(weight > 0 for weight in weights)}
    assert len(orders) <= total


def test_weights_of_nothing_give_no_turn() -> None:
    assert replicas.smooth_orders((("r1", 0),)) == []
    assert replicas.smooth_orders(()) == []
