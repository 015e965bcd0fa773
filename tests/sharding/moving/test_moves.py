"""Moves of buckets: with all their rows, under writers, and when movers die."""

import io
import threading
import time

import psycopg
import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from sharding.consistency import causal
from sharding.models import Move
from sharding.moving import cluster_stats, move_runner, moves
from sharding.moving.exclusion import Busy
from sharding.moving.mover import Mover
from sharding.moving.ownership_switch import Unswitchable
from sharding.rows import buckets, ownership
from tests.sharding.moving.moving import (
    HERE,
    OTHER,
    change_unfenced,
    die_at,
    found_rows,
    plan,
    rows_on,
    write_rows,
)

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("at_home"),
]

POINTS = (
    "prepared", "prepare:expected", "subscribe:wiped", "subscribe:subscribed", "copy:during", "copied",
    "switch:fenced", "switch:ready", "switch:committed", "switch:owned", "switched", "detached", "clean:during",
)  # fmt: skip


def test_a_moved_bucket_has_all_its_rows_and_takes_new_ones() -> None:
    before, others = write_rows(HERE, 5), write_rows(OTHER, 3)
    move = move_runner.run(plan(HERE), print)
    assert move.state == Move.State.DONE
    assert buckets.shard_of(HERE) == "shard1"
    assert found_rows(HERE) == before
    assert (rows_on("shard0", HERE), rows_on("shard1", HERE)) == (0, 5)
    assert found_rows(OTHER) == others
    later = write_rows(HERE)
    assert found_rows(HERE) == before + later
    assert later[0] > before[-1]
    assert list(cluster_stats.disagreements()) == [], "no replication is left over either"


def test_a_bucket_comes_back() -> None:
    before = write_rows(HERE, 3)
    move_runner.run(plan(HERE), print)
    between = write_rows(HERE)
    move_runner.run(plan(HERE, to="shard0"), print)
    assert found_rows(HERE) == before + between
    assert rows_on("shard1", HERE) == 0
    assert len(write_rows(HERE)) == 1


def test_writers_lose_nothing_while_their_bucket_moves_back_and_forth() -> None:
    """Four writers keep ledgers: each row that a writer was told is stored is there, exactly once."""
    stop, ledgers, problems = threading.Event(), [], []

    def write() -> None:
        ledger: list[int] = []
        ledgers.append(ledger)
        try:
            while not stop.is_set():
                ledger += write_rows(HERE)
                with causal.session():
                    assert ledger[-1] in found_rows(HERE)
        except Exception as error:  # noqa: BLE001 - whatever a writer meets fails the test
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for target in ("shard1", "shard0", "shard1"):
        move_runner.run(plan(HERE, to=target), print)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert problems == []
    assert found_rows(HERE) == sorted(pk for ledger in ledgers for pk in ledger)
    assert rows_on("shard0", HERE) == 0
    assert all(len(ledger) > 5 for ledger in ledgers)


def test_a_move_goes_on_wherever_its_mover_dies() -> None:
    rows, home, away = write_rows(HERE, 30), "shard0", "shard1"
    for point in POINTS:
        move = plan(HERE, OTHER, to=away)
        assert die_at(move, point), point
        if not point.startswith("switch:"):
            rows += write_rows(HERE)
        assert move_runner.run(move, print).state == Move.State.DONE
        assert (found_rows(HERE), buckets.shard_of(HERE)) == (rows, away), point
        assert (rows_on(home, HERE), rows_on(away, HERE)) == (0, len(rows)), point
        home, away = away, home


def test_a_move_can_be_given_up_until_its_commit_point() -> None:
    rows = write_rows(HERE, 10)
    for point in POINTS[: POINTS.index("switch:committed")]:
        move = plan(HERE, OTHER)
        assert die_at(move, point), point
        assert move_runner.abort(move, print).state == Move.State.ABORTED
        rows += write_rows(HERE)
        assert (found_rows(HERE), rows_on("shard1", HERE)) == (rows, 0), point
        assert ownership.states("shard0")[HERE] == "owned"
        assert HERE not in ownership.states("shard1")


def test_giving_up_after_the_commit_point_keeps_what_was_switched() -> None:
    rows, home, away = write_rows(HERE, 3), "shard0", "shard1"
    for point in ("switch:committed", "switch:owned", "switched", "detached"):
        move = plan(HERE, to=away)
        assert die_at(move, point), point
        assert (point, move_runner.abort(move, print).state) == (point, Move.State.DONE)
        assert (found_rows(HERE), buckets.shard_of(HERE)) == (rows, away), point
        home, away = away, home


@pytest.mark.parametrize(("point", "home"), [("switch:fenced", "shard0"), ("switch:committed", "shard1")])
def test_a_bucket_without_a_mover_is_freed(point: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    rows = write_rows(HERE)
    move = plan(HERE)
    assert die_at(move, point)
    assert sum(move_runner.rescue(shard) for shard in project.SHARDS) == 1
    assert sum(move_runner.rescue(shard) for shard in project.SHARDS) == 0
    rows += write_rows(HERE)
    assert found_rows(HERE) == rows
    assert buckets.shard_of(HERE) == home


def test_a_move_that_cannot_be_rescued_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    stuck, other = plan(HERE), plan(OTHER)
    assert die_at(stuck, "switch:fenced")
    assert die_at(other, "switch:fenced")

    def without_target(move: Move, *, by_force: bool) -> Mover:
        if move.pk == stuck.pk:
            raise psycopg.OperationalError("the target is away")
        return Mover(move, by_force=by_force)

    with monkeypatch.context() as patch:
        patch.setattr(move_runner, "Mover", without_target)
        assert move_runner.rescue("shard0") == 1
    assert ownership.states("shard0")[OTHER] == "owned"


def test_a_hanging_mover_is_overtaken_and_can_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mover wakes up between its fence and its commit point, after the bucket was freed and written to."""
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    monkeypatch.setattr(move_runner, "HANGING_SECONDS", 0)
    rows = write_rows(HERE)
    move = plan(HERE)

    def hang(name: str) -> None:
        if name == "switch:ready":
            assert move_runner.rescue("shard0") == 1
            rows.extend(write_rows(HERE))

    with pytest.raises(moves.Overtaken), Mover(moves.get(move.pk), reached=hang) as mover:
        mover.run()
    assert buckets.shard_of(HERE) == "shard0"
    assert found_rows(HERE) == rows
    assert move_runner.run(move, print).state == Move.State.DONE
    assert found_rows(HERE) == rows


def test_two_movers_do_not_work_at_once() -> None:
    move = plan(HERE)
    with Mover(moves.get(move.pk)), pytest.raises(Busy), Mover(moves.get(move.pk)):
        pass


def test_what_makes_no_sense_is_refused() -> None:
    for numbers, target in (([HERE], "shard9"), ([8192], "shard1"), ([], "shard1")):
        with pytest.raises(moves.Refused):
            moves.plan(numbers, to=target)
    assert moves.plan([HERE], to="shard0") == []
    plan(HERE)
    with pytest.raises(moves.Refused, match="in a move already"):
        moves.plan([HERE, OTHER], to="shard1")


def test_the_command_moves_ranges_and_tells_how_long_writers_waited() -> None:
    out = io.StringIO()
    call_command("move_bucket", "20-23", to="shard1", stdout=out)
    output = out.getvalue()
    assert "2 of 4 are on shard1 already" in output
    assert "2 buckets from shard0 to shard1" in output
    assert "ms at most" in output
    assert buckets.shard_of(22) == "shard1"
    call_command("move_bucket", "20-23", to="shard1", stdout=out)
    assert "on shard1 already" in out.getvalue()


def test_a_target_made_ready_in_vain_is_freed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    move = plan(HERE)
    assert die_at(move, "switch:ready")
    assert move_runner.rescue("shard0") == 1
    assert [move_runner.rescue(shard) for shard in project.SHARDS] == [0, 0]
    assert move_runner.run(move, print).state == Move.State.DONE


def test_readers_have_time_to_learn_of_a_move_that_was_interrupted(settings: Settings) -> None:
    """While the directory is away no process learns of the switch: the delay begins when it is back."""
    settings.MOVE_CLEANUP_DELAY_SECONDS = 3
    write_rows(HERE)
    move = plan(HERE)
    assert die_at(move, "switched")
    change_unfenced("shard0", "UPDATE tessera_bucket SET changed_at = '2026-01-01' WHERE number = %s", HERE)
    began = time.monotonic()
    move_runner.run(move, print)
    assert time.monotonic() - began >= 3


def test_a_table_that_the_mover_does_not_know_stops_it() -> None:
    """A mover of an old release meets a table of a new release, whose rows it would leave behind."""
    change_unfenced("shard0", "CREATE TABLE newcomer (id bigint PRIMARY KEY)")
    try:
        change_unfenced(
            "shard0",
            "CREATE TRIGGER tessera_fence BEFORE INSERT OR UPDATE OR DELETE ON newcomer"
            " FOR EACH ROW EXECUTE FUNCTION tessera_fence()",
        )
        with pytest.raises(Unswitchable, match="newcomer"):
            move_runner.run(plan(HERE), print)
        assert len(write_rows(HERE)) == 1
    finally:
        change_unfenced("shard0", "DROP TABLE newcomer")
