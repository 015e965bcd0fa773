"""Moving twenty buckets with twenty thousand photos to another shard, compared with a bare COPY of the rows."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest import mock

from django.conf import settings
from psycopg import sql

from photos.models import Photo
from sharding.models import Move
from sharding.moving import move_runner, moves, replication
from sharding.rows import buckets
from tests.bench.data.scattering import photo

BUCKETS, PHOTOS_A_BUCKET = 20, 1000
SOURCE, TARGET = "shard0", "shard1"
MEDIAN_MS, LONGEST_MS = 150, 1000


@dataclass(frozen=True)
class Moved:
    """Seconds of the copy alone, of the whole move without its clean-up, and of a bare COPY; pauses in milliseconds."""

    copied_seconds: float
    moved_seconds: float
    bare_seconds: float
    pauses_ms: list[float]


def measure() -> Moved:
    """Fill the buckets, time a bare COPY of them, then time the move."""
    owners = [owner for owner in range(1000, 4000) if buckets.shard_for_owner(owner) == SOURCE][:BUCKETS]
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    for owner in owners:
        rows = [photo(owner, number, moment) for number in range(PHOTOS_A_BUCKET)]
        Photo.objects.bulk_create(rows, batch_size=1000)
    bare = copy_barely(owners)
    with mock.patch.object(settings, "MOVE_CLEANUP_DELAY_SECONDS", 0):
        (move,) = moves.plan(owners, to=TARGET)
        began = time.perf_counter()
        move_runner.run(move, lambda text: None, until=Move.State.DETACHED)
        moved = time.perf_counter() - began
        move_runner.run(move, lambda text: None)
    history = {event.what: event for event in move.events.all()}
    copied = (history["copied"].at - history["prepared"].at).total_seconds()
    pauses = [event.note["pause_ms"] for event in move.events.filter(what="given")]
    return Moved(copied, moved, bare, pauses)


def copy_barely(owners: list[int]) -> float:
    """Return the seconds for a pipe of the same rows into a table without indexes in the other database."""
    rows = sql.SQL("COPY (SELECT * FROM photos_photo WHERE owner_id = ANY({})) TO STDOUT").format(owners)
    with replication.connect(SOURCE, "bench") as source, replication.connect(TARGET, "bench") as target:
        target.execute("CREATE TABLE bare (LIKE photos_photo)")
        began = time.perf_counter()
        with source.cursor().copy(rows) as out, target.cursor().copy("COPY bare FROM STDIN") as into:
            for data in out:
                into.write(data)
        seconds = time.perf_counter() - began
        target.execute("DROP TABLE bare")
    return seconds


def table(moved: Moved) -> str:
    """Return printable lines with ratios to the bare copy."""
    rows = BUCKETS * PHOTOS_A_BUCKET
    timed = {
        "bare COPY": moved.bare_seconds,
        "with indexes": moved.copied_seconds,
        "whole move": moved.moved_seconds,
    }
    lines = [f"Moving {BUCKETS} buckets with {rows:,} photos"]
    for what, seconds in timed.items():
        ratio = seconds / moved.bare_seconds
        lines.append(f"  {what:<14} {seconds:6.2f} s {rows / seconds:10,.0f} rows a second {ratio:6.1f} x")
    middle, longest = statistics.median(moved.pauses_ms), max(moved.pauses_ms)
    is_met = middle <= MEDIAN_MS and longest <= LONGEST_MS
    waited = f"writers wait {middle:.0f} ms in the middle, {longest:.0f} ms at most"
    lines.append(f"  {'met   ' if is_met else 'MISSED'} {waited} (targets {MEDIAN_MS} and {LONGEST_MS})")
    return "\n".join(lines)
