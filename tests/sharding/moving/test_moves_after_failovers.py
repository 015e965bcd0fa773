"""Moves of buckets whose servers have lost their last transactions, as a failover may lose them."""

import pytest
from django.db import connections

from sharding.models import Bucket, Move
from sharding.moving import move_runner, moves
from sharding.moving.ownership_switch import Unswitchable
from sharding.rows import buckets, ownership
from tests.sharding.moving.moving import HERE, change_unfenced, die_at, found_rows, plan, rows_on, write_rows

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.usefixtures("at_home"),
]


def test_a_move_that_the_directory_has_forgotten_is_written_down_again() -> None:
    """A failover of the directory can lose its last transactions; the shards still have them."""
    rows = write_rows(HERE)
    move = plan(HERE)
    assert die_at(move, "switch:owned")
    Bucket.objects.filter(number=HERE).update(shard="shard0", min_lsn=0)
    assert move_runner.run(move, print).state == Move.State.DONE
    buckets.bucket_map.forget()
    assert buckets.shard_of(HERE) == "shard1"
    assert found_rows(HERE) == rows


def test_a_copy_whose_slot_is_lost_begins_again() -> None:
    rows = write_rows(HERE, 3)
    move = plan(HERE)
    assert die_at(move, "copied")
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
        slot = [row[0] for row in cursor.fetchall()]
        assert len(slot) == 1
        cursor.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", slot
        )
        cursor.execute("SELECT pg_sleep(0.1), pg_drop_replication_slot(%s)", slot)
    rows += write_rows(HERE)
    assert move_runner.run(move, print).state == Move.State.DONE
    assert found_rows(HERE) == rows


def test_a_target_that_has_other_rows_is_not_switched_to() -> None:
    rows = write_rows(HERE, 3)
    move = plan(HERE)
    assert die_at(move, "copied")
    with connections["shard1"].cursor() as cursor:
        cursor.execute("SELECT set_config('tessera.moving', 'on', false)")
        cursor.execute("DELETE FROM sharding_outboxevent WHERE id = %s", [rows[0]])
        cursor.execute("SELECT set_config('tessera.moving', 'off', false)")
    with pytest.raises(Unswitchable, match="shard1 has other rows in sharding_outboxevent"):
        move_runner.run(move, print)
    assert "other rows" in moves.get(move.pk).problem
    rows += write_rows(HERE)
    assert found_rows(HERE) == rows


def test_giving_up_a_move_keeps_rows_that_the_target_owns() -> None:
    """The directory has forgotten a whole move: the only copy of the rows is on the target."""
    rows = write_rows(HERE, 3)
    move_runner.run(plan(HERE), print)
    Move.objects.all().delete()
    Bucket.objects.filter(number=HERE).update(shard="shard0", min_lsn=0)
    move = plan(HERE)
    with pytest.raises(moves.Refused, match="by its own account"):
        move_runner.run(move, print)
    assert move_runner.abort(move, print).state == Move.State.ABORTED
    assert rows_on("shard1", HERE) == len(rows)


def test_a_source_that_forgot_its_fence_is_told_again() -> None:
    """A failover of the source after the commit point: its new primary does not know of the switch."""
    rows = write_rows(HERE, 3)
    move = plan(HERE)
    assert die_at(move, "detached")
    change_unfenced(
        "shard0",
        "UPDATE tessera_bucket SET state = 'owned', move_id = NULL, epoch = 0 WHERE number = %s",
        HERE,
    )
    assert move_runner.run(move, print).state == Move.State.DONE
    assert ownership.states("shard0")[HERE] == "gone"
    assert (found_rows(HERE), rows_on("shard0", HERE)) == (rows, 0)


@pytest.mark.parametrize("point", ["switch:committed", "detached"])
def test_a_target_that_lost_rows_after_the_commit_point_gives_the_bucket_back(point: str) -> None:
    """A failover of the target to a replica that was behind: it knows neither that it is ready nor all rows."""
    rows = write_rows(HERE, 3)
    move = plan(HERE)
    assert die_at(move, point)
    change_unfenced("shard1", "DELETE FROM sharding_outboxevent WHERE id = %s", rows[0])
    change_unfenced(
        "shard1", "UPDATE tessera_bucket SET state = 'incoming', epoch = 0 WHERE number = %s", HERE
    )
    move_runner.abort(move, print)
    buckets.bucket_map.forget()
    assert (buckets.shard_of(HERE), found_rows(HERE)) == ("shard0", rows)
    rows += write_rows(HERE)
    assert found_rows(HERE) == rows
    assert HERE not in ownership.states("shard1")
