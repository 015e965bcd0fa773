"""Switching buckets from the source of a move to its target, under their writers.

A bucket is switched in seven steps:
  1. the source fences it, which waits for the writers under way and refuses new ones;
  2. a marker drains the replication: the target has every row;
  3. both sides are compared, by a hash over every row;
  4. the target's clock has passed the source's, so that ids made there are later than all before;
  5. the target makes the bucket ready, flushed to disk and, if one streams, to a replica;
  6. the directory gives the bucket to the target, in one transaction: the commit point;
  7. the target owns the bucket, and the source sends writers there.

A failure before the commit point takes the fence down again. `settle` ends the switches of a mover that died in one."""

import logging
import time
from collections.abc import Callable, Iterator

from sharding.moving import bucket_rows, moves
from sharding.moving.ownership_switch import LSN, MS, STANDBYS, OwnershipSwitch, Unswitchable
from sharding.moving.replication import Broken, Connection, Link, NotInTime, ask
from sharding.rows.models import Move

logger = logging.getLogger(__name__)

CATCH_UP_SECONDS = 3600.0
DRAIN_SECONDS = 1.0
MAX_SKEW_MS = 50
MAX_REPLICA_LAG_BYTES = 64 * 1024**2
ROWS_AT_ONCE, BUCKETS_AT_ONCE, EMPTY_AT_ONCE = 2000, 8, 64


def switch(
    move: Move,
    numbers: list[int],
    *,
    link: Link,
    ownership: OwnershipSwitch,
    reached: Callable[[str], object],
) -> float:
    """Give some buckets of a move to its target; return how many milliseconds their writers waited.

    Raises Unswitchable or Broken with the fence taken down, Overtaken."""
    source, target = ownership.source, ownership.target
    if ask(source, MS) - ask(target, MS) > MAX_SKEW_MS:
        raise Unswitchable(f"The clock of {move.source} is ahead of that of {move.target}: set it right.")
    link.drain(CATCH_UP_SECONDS)  # while writers still write: the drain within the fence is then short
    began = time.monotonic()
    ownership.fence(numbers)  # 1
    reached("switch:fenced")
    try:
        source_ms = ask(source, MS)
        link.drain(DRAIN_SECONDS)  # 2
        ownership.compare(numbers)  # 3
        ownership.await_clock(source_ms)  # 4
        min_lsn = ownership.make_ready(numbers)  # 5
    except Broken:
        ownership.unfence(numbers)
        raise
    except (NotInTime, Unswitchable) as error:
        ownership.unfence(numbers)
        raise Unswitchable(f"Buckets {numbers} stay on {move.source}: {error}.") from error
    reached("switch:ready")
    moves.switch_map(move, numbers, min_lsn=min_lsn)  # 6
    reached("switch:committed")
    ownership.finish(numbers)  # 7
    pause_ms = (time.monotonic() - began) * 1000
    moves.record(move, "given", buckets=numbers, pause_ms=round(pause_ms))
    return pause_ms


def settle(move: Move, ownership: OwnershipSwitch) -> set[int]:
    """End the switches that an earlier mover left half done; return the buckets that are the target's.

    A switch past its commit point is finished; a fence before it is taken down. Raises Overtaken."""
    done = moves.switched(move)
    forgotten = ownership.given_away() - done
    # A directory that lost its last transactions in a failover has forgotten them: what the shards know counts.
    if forgotten:
        logger.warning("Buckets %s were moved, and the directory has forgotten it.", sorted(forgotten))
        moves.switch_map(move, sorted(forgotten), min_lsn=ask(ownership.target, LSN))
        done |= forgotten
    # Once the source's rows are being deleted there is no way back.
    lost = [] if move.progress.get("cleaning") else ownership.lost(sorted(done))
    if lost:
        logger.warning("%s has lost buckets %s: they stay on %s.", move.target, lost, move.source)
        ownership.take_back(lost)
        moves.take_back(move, lost, min_lsn=ask(ownership.source, LSN))
        done.difference_update(lost)
    if done:
        ownership.finish(sorted(done))
    ownership.unfence(sorted(set(move.buckets) - done))
    return done


def parts(source: Connection, numbers: list[int]) -> Iterator[list[int]]:
    """Yield the buckets to switch together, empty ones first: few enough rows that comparing them takes a moment."""
    rows_of = bucket_rows.count_each(source, numbers)
    part: list[int] = []
    rows = 0
    for number in sorted(numbers, key=lambda number: (rows_of.get(number, 0) > 0, number)):
        rows += rows_of.get(number, 0)
        if part and (rows > ROWS_AT_ONCE or len(part) >= (BUCKETS_AT_ONCE if rows else EMPTY_AT_ONCE)):
            yield part
            part, rows = [], rows_of.get(number, 0)
        part.append(number)
    if part:
        yield part


def await_replicas(ownership: OwnershipSwitch, say: Callable[[str], object]) -> None:
    """Wait until the replicas of both shards have nearly caught up, so that a move sends no readers to primaries."""
    behind = f"SELECT coalesce(max(pg_current_wal_lsn() - replay_lsn), 0)::bigint {STANDBYS}"
    both = (ownership.source, ownership.target)
    while (lag_bytes := max(ask(each, behind) for each in both)) > MAX_REPLICA_LAG_BYTES:
        say(f"waiting: a replica is {lag_bytes / 1e6:.0f} MB behind")
        time.sleep(1)
