"""Runs moves to their end: continues them after outages, aborts them, and frees buckets of movers that died."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from django.db import Error as DatabaseError
from django.db import InterfaceError, connections

from ops.periodic import periodic
from sharding.moving import moves
from sharding.moving.exclusion import Busy
from sharding.moving.mover import Mover
from sharding.moving.ownership_switch import Unswitchable
from sharding.rows.models import Move
from sharding.rows.placement import DIRECTORY

logger = logging.getLogger(__name__)

# How long a move may make no progress during outages before an operator has to look.
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 2.0
# A switch takes a fraction of a second: a bucket that is fenced for longer has no mover any more.
ABANDONED_SECONDS = 3.0
# A mover that holds its lock for this long within one switch is stopped, or hangs.
HANGING_SECONDS = 10.0


@dataclass
class Series:
    """Moves that one process runs one after another; `since` is when it began, or saw an outage (monotonic clock).

    Before its rows are deleted a move waits for readers. In a series the moves wait together, not each for itself.
    """

    since: float = field(default_factory=time.monotonic)


def run(
    move: Move,
    say: Callable[[str], object],
    *,
    until: Move.State = Move.State.DONE,
    patience_seconds: float = PATIENCE_SECONDS,
    series: Series | None = None,
) -> Move:
    """Run a move to its end, or to the state `until`, and continue it after each outage of a server.

    Raises Busy, Refused, Unswitchable (the bucket stays where it was), Overtaken, or a database error after
    `patience_seconds` without progress."""
    deadline = time.monotonic() + patience_seconds
    series = series or Series()
    while True:
        current = moves.get(move.pk)
        try:
            with Mover(current, say=say, since=series.since) as mover:
                mover.run(until=until)
                return mover.move
        except (psycopg.Error, DatabaseError, InterfaceError) as error:
            first_line = str(error).partition("\n")[0]
            left = max(deadline - time.monotonic(), 0)
            say(f"interrupted, waiting for the server for {left:.0f} s more at most: {first_line}")
            connections.close_all()
            series.since = time.monotonic()
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
            if _has_advanced(current):
                deadline = time.monotonic() + patience_seconds
        except (Unswitchable, moves.Refused) as error:
            if not isinstance(error, Busy):
                moves.note_problem(current, str(error))
            raise


def abort(move: Move, say: Callable[[str], object]) -> Move:
    """Abort a move; buckets that were switched stay on the target. Raises what `run` raises."""
    current = moves.get(move.pk)
    if current.is_ended:
        raise moves.Refused(f"It has ended: {current}.")
    with Mover(current, say=say) as mover:
        mover.abort()
        return mover.move


@periodic("moves.rescue", every_seconds=2)
def rescue(alias: str) -> int:
    """Free the buckets of a shard whose mover died in a switch: finish the switch, or take its fence down.

    For the scheduler; the move itself waits for an operator to resume or abort it. Returns the number of moves."""
    count = 0
    for move_id, seconds in _abandoned(alias):
        move = Move.objects.using(DIRECTORY).filter(pk=move_id).first()
        if move is None:
            continue
        try:
            with Mover(move, by_force=seconds > HANGING_SECONDS) as mover:
                done = mover.settle()
        except Busy:
            continue
        except (
            psycopg.Error,
            moves.Overtaken,
        ) as error:  # its other shard is away, or another mover was quicker
            logger.warning("Move %s cannot be rescued now: %s", move_id, str(error).partition("\n")[0])
            continue
        moves.record(move, "rescued", switched=len(done))
        logger.warning(
            "Move %s has lost its mover; `manage.py move_bucket --resume %s` goes on.", move_id, move_id
        )
        count += 1
    return count


def _abandoned(alias: str) -> list[tuple[int, float]]:
    """(move id, seconds) of moves whose switch on this shard has lasted for longer than ABANDONED_SECONDS."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT move_id, extract(epoch FROM max(clock_timestamp() - changed_at))::float FROM tessera_bucket"
            " WHERE state IN ('fenced', 'ready') AND changed_at < clock_timestamp() - %s * interval '1 second'"
            " GROUP BY move_id",
            [ABANDONED_SECONDS],
        )
        return list(cursor.fetchall())


def _has_advanced(before: Move) -> bool:
    try:
        now = moves.get(before.pk)
    except (DatabaseError, InterfaceError):
        return False
    return (now.state, now.progress) != (before.state, before.progress)
