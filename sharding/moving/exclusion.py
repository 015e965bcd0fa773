"""One mover at a time: the lock of a move, and the end of what a killed mover has left running."""

import time

from sharding.moving.moves import Refused
from sharding.moving.replication import Connection, ask
from sharding.rows.models import Move

LOCK_SPACE = 32342  # of the advisory locks on moves, in the directory
LOCK_TRIES = 20


class Busy(Refused):
    """Another mover works on this move."""


def lock(move: Move, directory: Connection, *, by_force: bool = False) -> None:
    """Lock a move for as long as the connection to the directory lasts. Raises Busy when another mover has it.

    `by_force` ends the other mover's connection first."""
    if by_force:
        directory.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
            " AND objid = %s AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [LOCK_SPACE, move.pk],
        )
    # The server may not have noticed yet that the mover before this one has died.
    for _ in range(LOCK_TRIES):
        if ask(directory, "SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, move.pk):
            return
        time.sleep(0.05)
    raise Busy(f"Another mover works on move {move.pk}.")


def end_others(connection: Connection, name: str) -> None:
    """End the statements that a killed mover of the same `application_name` left running: they would still count."""
    others = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = %s AND pid <> pg_backend_pid() AND datname = current_database()"
    )
    while ask(connection, others, name):
        time.sleep(0.02)
