"""Moves of buckets: with all their rows, under writers, and when movers and servers die."""

import io
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from sharding.consistency import causal
from sharding.models import Bucket, Move, OutboxEvent
from sharding.moving import cluster_stats, move_runner, moves
from sharding.moving.exclusion import Busy
from sharding.moving.mover import Mover
from sharding.moving.ownership_switch import Unswitchable
from sharding.rows import allocation, buckets, ownership
from sharding.rows.ids import bucket_of
from sharding.rows.transactions import shard_atomic

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

HERE, OTHER = 20, 22  # buckets of shard0
TOPIC = "test.moves"


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> Iterator[None]:
    """Every test begins and ends with the buckets on shard0, and without replication objects."""
    settings.MOVE_CLEANUP_DELAY_SECONDS = 0
    settings.BUCKET_MAP_TTL_SECONDS = 0.05
    buckets.bucket_map.forget()
    yield
    for move in moves.active():
        move_runner.abort(move, print)
    for shard in project.SHARDS:
        with connections[shard].cursor() as cursor:
            cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
            cursor.execute("DELETE FROM sharding_outboxevent")
            cursor.execute("SELECT set_config('tessera.moving', 'off', false)")
            cursor.execute("TRUNCATE tessera_bucket")
    Bucket.objects.filter(number__in=[HERE, OTHER]).update(shard="shard0", min_lsn=0)
    for shard in project.SHARDS:
        ownership.ensure(shard)
    buckets.bucket_map.forget()


def _write(bucket: int, count: int = 1) -> list[int]:
    ids = []
    for number in range(count):
        with shard_atomic(bucket=bucket):
            event = OutboxEvent(id=allocation.new_ids(bucket)[0], topic=TOPIC, payload={"n": number})
            event.save()
        ids.append(event.pk)
    return ids


def _found(bucket: int) -> list[int]:
    rows = OutboxEvent.objects.in_bucket(bucket).order_by("pk")
    return [pk for pk in rows.values_list("pk", flat=True) if bucket_of(pk) == bucket]


def _rows_on(shard: str, bucket: int) -> int:
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sharding_outboxevent WHERE ((id >> 10) & 8191) = %s", [bucket])
        return int(cursor.fetchone()[0])


def _move(*numbers: int, to: str = "shard1") -> Move:
    (move,) = moves.plan(numbers, to=to)
    return move


def test_a_moved_bucket_has_all_its_rows_and_takes_new_ones() -> None:
    before, others = _write(HERE, 5), _write(OTHER, 3)
    move = move_runner.run(_move(HERE), print)
    assert move.state == Move.State.DONE
    assert buckets.shard_of(HERE) == "shard1"
    assert _found(HERE) == before
    assert (_rows_on("shard0", HERE), _rows_on("shard1", HERE)) == (0, 5)
    assert _found(OTHER) == others
    later = _write(HERE)
    assert _found(HERE) == before + later
    assert later[0] > before[-1]
    assert list(cluster_stats.disagreements()) == [], "no replication is left over either"


def test_a_bucket_comes_back() -> None:
    before = _write(HERE, 3)
    move_runner.run(_move(HERE), print)
    between = _write(HERE)
    move_runner.run(_move(HERE, to="shard0"), print)
    assert _found(HERE) == before + between
    assert _rows_on("shard1", HERE) == 0
    assert len(_write(HERE)) == 1


def test_writers_lose_nothing_while_their_bucket_moves_back_and_forth() -> None:
    """Four writers keep ledgers: each row that a writer was told is stored is there, exactly once."""
    stop, ledgers, problems = threading.Event(), [], []

    def write() -> None:
        ledger: list[int] = []
        ledgers.append(ledger)
        try:
            while not stop.is_set():
                ledger += _write(HERE)
                with causal.session():
                    assert ledger[-1] in _found(HERE)
        except Exception as error:  # noqa: BLE001 - whatever a writer meets fails the test
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for target in ("shard1", "shard0", "shard1"):
        move_runner.run(_move(HERE, to=target), print)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert problems == []
    assert _found(HERE) == sorted(pk for ledger in ledgers for pk in ledger)
    assert _rows_on("shard0", HERE) == 0
    assert all(len(ledger) > 5 for ledger in ledgers)


class Died(BaseException):
    """Stands for kill -9: no exception handler cleans up."""


POINTS = (
    "prepared", "prepare:expected", "subscribe:wiped", "subscribe:subscribed", "copy:during", "copied",
    "switch:fenced", "switch:ready", "switch:committed", "switch:owned", "switched", "detached", "clean:during",
)  # fmt: skip


def _die_at(move: Move, point: str) -> bool:
    """Let a mover die at a point; False when it did not reach the point."""

    def reached(name: str) -> None:
        if name == point:
            raise Died

    try:
        with Mover(moves.get(move.pk), reached=reached) as mover:
            mover.run()
    except Died:
        return True
    return False


def test_a_move_goes_on_wherever_its_mover_dies() -> None:
    rows, home, away = _write(HERE, 30), "shard0", "shard1"
    for point in POINTS:
        move = _move(HERE, OTHER, to=away)
        assert _die_at(move, point), point
        if not point.startswith("switch:"):
            rows += _write(HERE)
        assert move_runner.run(move, print).state == Move.State.DONE
        assert (_found(HERE), buckets.shard_of(HERE)) == (rows, away), point
        assert (_rows_on(home, HERE), _rows_on(away, HERE)) == (0, len(rows)), point
        home, away = away, home


def test_a_move_can_be_given_up_until_its_commit_point() -> None:
    rows = _write(HERE, 10)
    for point in POINTS[: POINTS.index("switch:committed")]:
        move = _move(HERE, OTHER)
        assert _die_at(move, point), point
        assert move_runner.abort(move, print).state == Move.State.ABORTED
        rows += _write(HERE)
        assert (_found(HERE), _rows_on("shard1", HERE)) == (rows, 0), point
        assert ownership.states("shard0")[HERE] == "owned"
        assert HERE not in ownership.states("shard1")


def test_giving_up_after_the_commit_point_keeps_what_was_switched() -> None:
    rows, home, away = _write(HERE, 3), "shard0", "shard1"
    for point in ("switch:committed", "switch:owned", "switched", "detached"):
        move = _move(HERE, to=away)
        assert _die_at(move, point), point
        assert (point, move_runner.abort(move, print).state) == (point, Move.State.DONE)
        assert (_found(HERE), buckets.shard_of(HERE)) == (rows, away), point
        home, away = away, home


@pytest.mark.parametrize(("point", "home"), [("switch:fenced", "shard0"), ("switch:committed", "shard1")])
def test_a_bucket_without_a_mover_is_freed(point: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    rows = _write(HERE)
    move = _move(HERE)
    assert _die_at(move, point)
    assert sum(move_runner.rescue(shard) for shard in project.SHARDS) == 1
    assert sum(move_runner.rescue(shard) for shard in project.SHARDS) == 0
    rows += _write(HERE)
    assert _found(HERE) == rows
    assert buckets.shard_of(HERE) == home


def test_a_move_that_cannot_be_rescued_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    stuck, other = _move(HERE), _move(OTHER)
    assert _die_at(stuck, "switch:fenced")
    assert _die_at(other, "switch:fenced")

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
    rows = _write(HERE)
    move = _move(HERE)

    def hang(name: str) -> None:
        if name == "switch:ready":
            assert move_runner.rescue("shard0") == 1
            rows.extend(_write(HERE))

    with pytest.raises(moves.Overtaken), Mover(moves.get(move.pk), reached=hang) as mover:
        mover.run()
    assert buckets.shard_of(HERE) == "shard0"
    assert _found(HERE) == rows
    assert move_runner.run(move, print).state == Move.State.DONE
    assert _found(HERE) == rows


def test_two_movers_do_not_work_at_once() -> None:
    move = _move(HERE)
    with Mover(moves.get(move.pk)), pytest.raises(Busy), Mover(moves.get(move.pk)):
        pass


def test_a_move_that_the_directory_has_forgotten_is_written_down_again() -> None:
    """A failover of the directory can lose its last transactions; the shards still have them."""
    rows = _write(HERE)
    move = _move(HERE)
    assert _die_at(move, "switch:owned")
    Bucket.objects.filter(number=HERE).update(shard="shard0", min_lsn=0)
    assert move_runner.run(move, print).state == Move.State.DONE
    buckets.bucket_map.forget()
    assert buckets.shard_of(HERE) == "shard1"
    assert _found(HERE) == rows


def test_a_copy_whose_slot_is_lost_begins_again() -> None:
    rows = _write(HERE, 3)
    move = _move(HERE)
    assert _die_at(move, "copied")
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
        slot = [row[0] for row in cursor.fetchall()]
        assert len(slot) == 1
        cursor.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", slot
        )
        cursor.execute("SELECT pg_sleep(0.1), pg_drop_replication_slot(%s)", slot)
    rows += _write(HERE)
    assert move_runner.run(move, print).state == Move.State.DONE
    assert _found(HERE) == rows


def test_a_target_that_has_other_rows_is_not_switched_to() -> None:
    rows = _write(HERE, 3)
    move = _move(HERE)
    assert _die_at(move, "copied")
    with connections["shard1"].cursor() as cursor:
        cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
        cursor.execute("DELETE FROM sharding_outboxevent WHERE id = %s", [rows[0]])
        cursor.execute("SELECT set_config('tessera.moving', 'off', false)")
    with pytest.raises(Unswitchable, match="shard1 has other rows in sharding_outboxevent"):
        move_runner.run(move, print)
    assert "other rows" in moves.get(move.pk).problem
    rows += _write(HERE)
    assert _found(HERE) == rows


def test_what_makes_no_sense_is_refused() -> None:
    for numbers, target in (([HERE], "shard9"), ([8192], "shard1"), ([], "shard1")):
        with pytest.raises(moves.Refused):
            moves.plan(numbers, to=target)
    assert moves.plan([HERE], to="shard0") == []
    _move(HERE)
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


def _say(shard: str, sql: str, *values: int | str) -> None:
    """Change a shard past its fences, like a failover that loses the last transactions."""
    with connections[shard].cursor() as cursor:
        cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
        cursor.execute(sql, values)
        cursor.execute("SELECT set_config('tessera.moving', 'off', false)")


def test_giving_up_a_move_keeps_rows_that_the_target_owns() -> None:
    """The directory has forgotten a whole move: the only copy of the rows is on the target."""
    rows = _write(HERE, 3)
    move_runner.run(_move(HERE), print)
    Move.objects.all().delete()
    Bucket.objects.filter(number=HERE).update(shard="shard0", min_lsn=0)
    move = _move(HERE)
    with pytest.raises(moves.Refused, match="by its own account"):
        move_runner.run(move, print)
    assert move_runner.abort(move, print).state == Move.State.ABORTED
    assert _rows_on("shard1", HERE) == len(rows)


def test_a_source_that_forgot_its_fence_is_told_again() -> None:
    """A failover of the source after the commit point: its new primary does not know of the switch."""
    rows = _write(HERE, 3)
    move = _move(HERE)
    assert _die_at(move, "detached")
    _say(
        "shard0",
        "UPDATE tessera_bucket SET state = 'owned', move_id = NULL, epoch = 0 WHERE number = %s",
        HERE,
    )
    assert move_runner.run(move, print).state == Move.State.DONE
    assert ownership.states("shard0")[HERE] == "gone"
    assert (_found(HERE), _rows_on("shard0", HERE)) == (rows, 0)


@pytest.mark.parametrize("point", ["switch:committed", "detached"])
def test_a_target_that_lost_rows_after_the_commit_point_gives_the_bucket_back(point: str) -> None:
    """A failover of the target to a replica that was behind: it knows neither that it is ready nor all rows."""
    rows = _write(HERE, 3)
    move = _move(HERE)
    assert _die_at(move, point)
    _say("shard1", "DELETE FROM sharding_outboxevent WHERE id = %s", rows[0])
    _say("shard1", "UPDATE tessera_bucket SET state = 'incoming', epoch = 0 WHERE number = %s", HERE)
    move_runner.abort(move, print)
    buckets.bucket_map.forget()
    assert (buckets.shard_of(HERE), _found(HERE)) == ("shard0", rows)
    rows += _write(HERE)
    assert _found(HERE) == rows
    assert HERE not in ownership.states("shard1")


def test_a_target_made_ready_in_vain_is_freed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_runner, "ABANDONED_SECONDS", 0)
    move = _move(HERE)
    assert _die_at(move, "switch:ready")
    assert move_runner.rescue("shard0") == 1
    assert [move_runner.rescue(shard) for shard in project.SHARDS] == [0, 0]
    assert move_runner.run(move, print).state == Move.State.DONE


def test_readers_have_time_to_learn_of_a_move_that_was_interrupted(settings: Settings) -> None:
    """While the directory is away no process learns of the switch: the delay begins when it is back."""
    settings.MOVE_CLEANUP_DELAY_SECONDS = 3
    _write(HERE)
    move = _move(HERE)
    assert _die_at(move, "switched")
    _say("shard0", "UPDATE tessera_bucket SET changed_at = '2026-01-01' WHERE number = %s", HERE)
    began = time.monotonic()
    move_runner.run(move, print)
    assert time.monotonic() - began >= 3


def test_a_table_that_the_mover_does_not_know_stops_it() -> None:
    """A mover of an old release meets a table of a new release, whose rows it would leave behind."""
    _say("shard0", "CREATE TABLE newcomer (id bigint PRIMARY KEY)")
    try:
        _say(
            "shard0",
            "CREATE TRIGGER tessera_fence BEFORE INSERT OR UPDATE OR DELETE ON newcomer"
            " FOR EACH ROW EXECUTE FUNCTION tessera_fence()",
        )
        with pytest.raises(Unswitchable, match="newcomer"):
            move_runner.run(_move(HERE), print)
        assert len(_write(HERE)) == 1
    finally:
        _say("shard0", "DROP TABLE newcomer")
