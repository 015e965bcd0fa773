"""The last step of a move: deleting the rows that the source still has of buckets it has given away."""

import time
from collections.abc import Callable

from django.conf import settings

from sharding.moving import bucket_rows
from sharding.moving.replication import Connection, ask
from sharding.rows import ownership
from sharding.rows.models import Move


def await_readers(move: Move, source: Connection, *, since: float, say: Callable[[str], object]) -> None:
    """Wait until no process can still be reading the old rows by an old bucket map.

    That takes MOVE_CLEANUP_DELAY_SECONDS after the last switch, and as long after `since` (monotonic clock), when this
    process began or saw an outage: during one of the directory no process could learn of the switch."""
    left = (
        "SELECT extract(epoch FROM max(changed_at) + %s * interval '1 second' - clock_timestamp())::float"
        " FROM tessera_bucket WHERE state = 'moved' AND move_id = %s"
    )
    delay = settings.MOVE_CLEANUP_DELAY_SECONDS
    while True:
        since_switch = ask(source, left, delay, move.pk) or 0.0
        seconds = max(since_switch, delay - (time.monotonic() - since))
        if seconds <= 0:
            return
        say(f"cleaning up in {seconds:.0f} s, when no process reads by an old map any more")
        time.sleep(min(seconds, 1))


def delete_rows(
    move: Move, source: Connection, *, say: Callable[[str], object], reached: Callable[[str], object]
) -> int:
    """Delete the rows of all buckets that a move took from the source; return how many were deleted."""
    deleted = 0
    for table in reversed(ownership.tables()):
        while count := bucket_rows.delete_moved(source, table, move.pk):
            deleted += count
            reached("clean:during")
            say(f"cleaning up: {deleted} rows deleted")
    source.execute(
        "UPDATE tessera_bucket SET state = 'gone' WHERE state = 'moved' AND move_id = %s", [move.pk]
    )
    return deleted
