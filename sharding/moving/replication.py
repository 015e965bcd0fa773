"""Logical replication of single buckets from shard to shard, by PostgreSQL.

The source publishes the sharded tables with a row filter on the bucket in each id; the target subscribes. The marker
table is published too: once the target has a marker that was written on the source, it has everything that the source
had committed before. (https://www.postgresql.org/docs/18/logical-replication.html)"""

import contextlib
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import scalar_row

from sharding.rows import ownership

Connection = psycopg.Connection[Any]
POLL_SECONDS = 0.001
DROP_TRIES = 100
STILL_TRIES = 200
LOST_SECONDS = 5.0
# Longer than any statement of a mover takes, unless it is in a deadlock across servers.
STATEMENT_SECONDS = 300


class Broken(Exception):
    """The subscription has stopped, or its slot is gone, as after a failover: the copy must begin again."""


class NotInTime(Exception):
    """The target has not applied a marker in time."""


def parameters(alias: str) -> dict[str, Any]:
    """The libpq connection parameters of an alias."""
    all_parameters = connections.create_connection(alias).get_connection_params()
    return {
        name: value
        for name, value in all_parameters.items()
        if name not in {"cursor_factory", "context", "prepare_threshold"}
    }


def connect(alias: str, name: str) -> Connection:
    """Open a new connection to a primary in autocommit mode, with time limits for connecting and for statements."""
    connection: Connection = psycopg.connect(
        **parameters(alias) | {"application_name": name, "connect_timeout": 5}, autocommit=True
    )
    # A marker must reach the target at once: asynchronous commits are flushed only five times a second.
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'".encode())
    return connection


def ask(connection: Connection, query: str, *values: object) -> Any:
    """The first value of a query's first row; None without a row."""
    return connection.cursor(row_factory=scalar_row).execute(query.encode(), values or None).fetchone()


class Link:
    """The replication of some buckets from one server to another. Every method can be repeated."""

    def __init__(
        self, move_id: int, buckets: Sequence[int], *, source: Connection, target: Connection
    ) -> None:
        self.move_id, self.source, self.target = move_id, source, target
        # Slot names are unique per server, and several sites may share a server.
        self.name = f"tessera_move_{zlib.crc32(target.info.dbname.encode()):08x}_{move_id}"
        self.numbers = ", ".join(map(str, sorted(buckets)))
        # When the slot of a copy that has not ended was first seen missing.
        self._lost: dict[str, float] = {}

    def publish(self) -> None:
        """Publish the buckets' rows, and the move's marker, on the source."""
        self.source.execute(f"DROP PUBLICATION IF EXISTS {self.name}".encode())
        self.source.execute("DELETE FROM tessera_move_marker WHERE move_id = %s", [self.move_id])
        filtered = [
            f"{table} WHERE (((id >> 10) & 8191) IN ({self.numbers}))" for table in ownership.tables()
        ]
        filtered.append(f"tessera_move_marker WHERE (move_id = {self.move_id})")
        self.source.execute(f"CREATE PUBLICATION {self.name} FOR TABLE {', '.join(filtered)}".encode())

    def subscribe(self, alias: str) -> None:
        """Start copying from the source, whose alias is `alias`. The target must have no rows of the buckets."""
        self._drop_slots([self.name])  # left by a mover that was killed before it created the subscription
        self.target.execute("DELETE FROM tessera_move_marker WHERE move_id = %s", [self.move_id])
        # Created apart: CREATE SUBSCRIPTION would wait for itself where both databases are on one server.
        self.source.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [self.name])
        conninfo = make_conninfo(
            "", **parameters(alias) | {"application_name": self.name, "client_encoding": "UTF8"}
        )
        # Flushed commits: a killed target must not forget the end of a copy that the source knows of (`_check_copies`).
        options = (
            "create_slot = false, copy_data = true, origin = none, synchronous_commit = local,"
            " disable_on_error = true, streaming = parallel"
        )
        self.target.execute(
            sql.SQL(
                f"CREATE SUBSCRIPTION {self.name} CONNECTION {{}} PUBLICATION {self.name} WITH ({options})"
            ).format(sql.Literal(conninfo))
        )

    def is_subscribed(self) -> bool:
        return bool(ask(self.target, "SELECT count(*) FROM pg_subscription WHERE subname = %s", self.name))

    def is_copied(self) -> bool:
        """Whether the initial copy of all tables is complete. Raises Broken."""
        self.check()
        self._check_copies()
        waiting = (
            "SELECT count(*) FILTER (WHERE srsubstate <> 'r') FROM pg_subscription_rel"
            " JOIN pg_subscription ON pg_subscription.oid = srsubid WHERE subname = %s HAVING count(*) > 0"
        )
        return bool(ask(self.target, waiting, self.name) == 0)

    def _check_copies(self) -> None:
        """Raise Broken when a table's copy can never catch up, because the source has no slot for it."""
        # "pg_<subscription>_sync_<table>_<system>", as PostgreSQL's tablesync workers name them.
        finished = (
            "SELECT coalesce(array_agg(format('pg_%%s_sync_%%s_%%s', srsubid, srrelid, system_identifier)), '{}')"
            " FROM pg_subscription_rel JOIN pg_subscription ON pg_subscription.oid = srsubid,"
            " pg_control_system() WHERE srsubstate = 'f' AND subname = %s"
        )
        kept = "SELECT coalesce(array_agg(slot_name::text), '{}') FROM pg_replication_slots WHERE slot_name = ANY(%s)"
        ended = ask(self.target, finished, self.name)
        lost = set(ended) - set(ask(self.source, kept, ended)) if ended else set()
        now = time.monotonic()
        self._lost = {name: self._lost.get(name, now) for name in lost}
        # A worker drops its slot shortly before it commits that it did; one killed in between never commits.
        if any(now - since > LOST_SECONDS for since in self._lost.values()):
            raise Broken("the source has dropped the slot of a copy that has not ended")

    def copied_rows(self) -> int:
        """The number of rows that the running copies have brought so far."""
        return int(
            ask(self.target, "SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy") or 0
        )

    def check(self) -> None:
        """Raise Broken when the subscription has stopped, or the source has lost its slot."""
        enabled = ask(self.target, "SELECT subenabled FROM pg_subscription WHERE subname = %s", self.name)
        if not enabled:
            raise Broken("the subscription has stopped: the target's log says why")
        kept = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND wal_status <> 'lost'"
        if not ask(self.source, kept, self.name):
            raise Broken("the source has lost the replication slot")

    def drain(self, patience_seconds: float, beat: Callable[[], object] = lambda: None) -> float:
        """Write a marker and wait until the target has it; return the seconds that took. Raises NotInTime, Broken."""
        began = time.monotonic()
        written = ask(
            self.source,
            "INSERT INTO tessera_move_marker VALUES (%s, 1)"
            " ON CONFLICT (move_id) DO UPDATE SET seq = tessera_move_marker.seq + 1 RETURNING seq",
            self.move_id,
        )
        checked_at = began
        while True:
            seen = ask(self.target, "SELECT seq FROM tessera_move_marker WHERE move_id = %s", self.move_id)
            now = time.monotonic()
            if seen is not None and seen >= written:
                return now - began
            if now - began > patience_seconds:
                raise NotInTime(f"not caught up within {patience_seconds:g} s")
            if now - checked_at > 1:
                checked_at = now
                self.check()
                beat()
            time.sleep(POLL_SECONDS)

    def lag_bytes(self) -> int:
        """The distance in bytes from the target's confirmed position to the end of the source's WAL."""
        behind = (
            "SELECT pg_current_wal_lsn() - confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = %s"
        )
        return int(ask(self.source, behind, self.name) or 0)

    def drop(self) -> None:
        """Remove the replication from both sides, in any state."""
        slots = [self.name, *self._copying_slots()]
        is_subscribed = self.is_subscribed()
        if is_subscribed:
            self._stop_workers()
        self._drop_slots(slots)
        if is_subscribed:
            # Without a slot name, dropping it does not contact the source, which may be away or lost.
            self.target.execute(f"ALTER SUBSCRIPTION {self.name} SET (slot_name = NONE)".encode())
            self.target.execute(f"DROP SUBSCRIPTION {self.name}".encode())
        self.source.execute(f"DROP PUBLICATION IF EXISTS {self.name}".encode())

    def _stop_workers(self) -> None:
        """Disable the subscription, and wait until all its workers have ended. Raises Broken.

        A worker that creates a slot waits for every transaction of the source's server. If the target is on the same
        server, that includes the transaction that drops the subscription, which waits for the worker."""
        self.target.execute(f"ALTER SUBSCRIPTION {self.name} DISABLE".encode())
        working = "SELECT count(*) FROM pg_stat_subscription WHERE subname = %s AND pid IS NOT NULL"
        sending = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s"
        for _ in range(STILL_TRIES):
            if not ask(self.source, sending, self.name) and not ask(self.target, working, self.name):
                return
            time.sleep(0.05)
        raise Broken(f"the workers of {self.name} do not end")

    def _drop_slots(self, names: list[str]) -> None:
        """Remove slots from the source, so that it does not keep WAL for them. Raises Broken."""
        for _ in range(DROP_TRIES):
            rows = self.source.execute(
                "SELECT slot_name, active_pid FROM pg_replication_slots WHERE slot_name = ANY(%s)", [names]
            ).fetchall()
            for slot, pid in rows:
                if pid:
                    self.source.execute("SELECT pg_terminate_backend(%s)", [pid])
                with contextlib.suppress(psycopg.errors.ObjectInUse, psycopg.errors.UndefinedObject):
                    self.source.execute("SELECT pg_drop_replication_slot(%s)", [slot])
            if not rows:
                return
            time.sleep(0.05)
        raise Broken(f"the source does not let go of {', '.join(names)}")

    def _copying_slots(self) -> list[str]:
        """Slots of table copies, which PostgreSQL names after the subscription's oid; [] when it does not exist."""
        number = ask(self.target, "SELECT oid::bigint FROM pg_subscription WHERE subname = %s", self.name)
        if number is None:
            return []
        slots = self.source.execute(
            "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE %s",
            [f"pg\\_{number}\\_sync\\_%"],
        )
        return [row[0] for row in slots]
