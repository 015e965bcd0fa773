"""Changes the ownership rows (`tessera_bucket`) of a move's buckets on its source and its target.

Every change names the move and, where an older mover must be kept out, the epoch. So each change can be repeated, and
none undoes what a later mover has done."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psycopg

from sharding.moving import bucket_rows, moves
from sharding.moving.replication import Connection, ask
from sharding.rows import ownership
from sharding.rows.models import Move

FENCE_MS = 300  # new writers of a bucket wait at most this long behind a mover that waits for older writers
FENCE_TRIES = 40
CLOCK_SECONDS = 1.0
REPLICA_SECONDS = 0.1
MS = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
LSN = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
STANDBYS = (
    r"FROM pg_stat_replication WHERE state = 'streaming' AND application_name !~ '^(tessera_move_|pg_)'"
)


class Unswitchable(Exception):
    """A bucket could not be switched now; the source still has it. The message says why."""


class OwnershipSwitch:
    """The ownership rows of one move's buckets on both shards."""

    def __init__(
        self, move: Move, *, source: Connection, target: Connection, reached: Callable[[str], object]
    ) -> None:
        self._move, self._reached = move, reached
        self.source, self.target = source, target

    def expect(self, numbers: Sequence[int]) -> None:
        """Make the target expect buckets (`incoming`), and delete old rows of them there. Raises Refused."""
        with bucket_rows.moving(self.target):
            self.target.execute(
                "INSERT INTO tessera_bucket (number, state, move_id) SELECT number, 'incoming', %s"
                " FROM unnest(%s::int[]) AS number ON CONFLICT (number) DO UPDATE SET"
                " state = 'incoming', move_id = excluded.move_id, moved_to = NULL, changed_at = clock_timestamp()"
                " WHERE tessera_bucket.state NOT IN ('owned', 'fenced')",
                [self._move.pk, list(numbers)],
            )
            expected = "SELECT count(*) FROM tessera_bucket WHERE state = 'incoming' AND number = ANY(%s)"
            if ask(self.target, expected, list(numbers)) != len(numbers):
                raise moves.Refused(
                    f"{self._move.target} believes that it has some of these buckets already. `manage.py shards verify`"
                )
            bucket_rows.wipe(self.target, numbers)

    def fence(self, numbers: list[int]) -> None:
        """Wait for the writers of these buckets, and refuse new ones. Raises Unswitchable when writers do not end."""
        for attempt in range(FENCE_TRIES):
            with suppress(psycopg.errors.LockNotAvailable), self.source.transaction():
                self.source.execute(f"SET LOCAL lock_timeout = {FENCE_MS}".encode())
                for number in numbers:
                    self.source.execute(
                        "SELECT pg_advisory_xact_lock(%s, %s)", [ownership.LOCK_SPACE, number]
                    )
                fenced = self.source.execute(
                    "UPDATE tessera_bucket"
                    " SET state = 'fenced', move_id = %s, epoch = %s, changed_at = clock_timestamp()"
                    " WHERE number = ANY(%s) AND state IN ('owned', 'fenced') AND epoch <= %s",
                    [self._move.pk, self._stamp, numbers, self._stamp],
                )
                if fenced.rowcount != len(numbers):
                    raise moves.Overtaken
                return
            time.sleep(0.05 * (attempt + 1))
        raise Unswitchable(
            f"Writers of buckets {numbers} come to no end: some transaction has been open for long."
        )

    def unfence(self, numbers: Sequence[int]) -> None:
        """Take down fences of this mover or an earlier one: the source takes writes again, the target expects on."""
        condition = "WHERE number = ANY(%s) AND state = %s AND move_id = %s AND epoch <= %s"
        for connection, now, then in (
            (self.source, "fenced", "owned"),
            (self.target, "ready", "incoming"),
        ):
            connection.execute(
                f"UPDATE tessera_bucket SET state = '{then}', changed_at = clock_timestamp() {condition}".encode(),
                [list(numbers), now, self._move.pk, self._stamp],
            )

    def compare(self, numbers: Sequence[int]) -> None:
        """Raise Unswitchable when the two sides differ in a single row, or the source has a table unknown here."""
        unknown = bucket_rows.unknown_tables(self.source)
        if unknown:
            raise Unswitchable(f"{', '.join(unknown)} came with a newer release: let that one go on")
        tables = bucket_rows.differing_tables(self.source, self.target, numbers)
        if tables:
            raise Unswitchable(f"{self._move.target} has other rows in {', '.join(tables)}")

    def await_clock(self, source_ms: int) -> None:
        """Wait until the target's clock has passed `source_ms`: ids made there will be later. Raises Unswitchable."""
        deadline = time.monotonic() + CLOCK_SECONDS
        while ask(self.target, MS) <= source_ms:
            if time.monotonic() > deadline:
                raise Unswitchable(f"the clock of {self._move.target} is behind")
            time.sleep(0.001)

    def make_ready(self, numbers: list[int]) -> int:
        """Make the target flush all it has applied, if possible to a streaming replica too; return its LSN."""
        ready = self.target.execute(  # synchronous_commit is on: everything before it is flushed with it
            "UPDATE tessera_bucket SET state = 'ready', epoch = %s, changed_at = clock_timestamp()"
            " WHERE number = ANY(%s) AND move_id = %s AND state IN ('incoming', 'ready')",
            [self._stamp, numbers, self._move.pk],
        )
        if ready.rowcount != len(numbers):
            raise Unswitchable(f"{self._move.target} does not expect them any more")
        lsn = int(ask(self.target, LSN))
        flushed = f"SELECT count(*) = 0 OR max(flush_lsn - '0/0'::pg_lsn) >= %s {STANDBYS}"
        deadline = time.monotonic() + REPLICA_SECONDS
        while not ask(self.target, flushed, lsn) and time.monotonic() < deadline:
            time.sleep(0.002)
        return lsn

    def finish(self, numbers: Sequence[int]) -> None:
        """After the commit point: the target takes writes, the source sends writers there."""
        self.target.execute(
            "UPDATE tessera_bucket SET state = 'owned', changed_at = clock_timestamp()"
            " WHERE number = ANY(%s) AND state IN ('ready', 'incoming') AND move_id = %s",
            [list(numbers), self._move.pk],
        )
        self._reached("switch:owned")
        # Whether or not it is fenced: a failover of the source may have lost the fence.
        self.source.execute(
            "UPDATE tessera_bucket SET state = 'moved', moved_to = %s, move_id = %s, changed_at = clock_timestamp()"
            " WHERE number = ANY(%s) AND state IN ('owned', 'fenced') AND epoch <= %s",
            [self._move.target, self._move.pk, list(numbers), self._stamp],
        )

    def lost(self, numbers: Sequence[int]) -> list[int]:
        """Those of these switched buckets that the target does not know to be ready.

        The target is then a replica that was behind when it was promoted, and may lack rows as well. It has taken no
        writes to these buckets."""
        ready = self.target.execute(
            "SELECT number FROM tessera_bucket WHERE number = ANY(%s) AND state IN ('ready', 'owned', 'fenced')",
            [list(numbers)],
        )
        return sorted(set(numbers) - {row[0] for row in ready})

    def take_back(self, numbers: list[int]) -> None:
        """Make the source own buckets again that the target has lost; it has all their rows until the clean-up."""
        self.source.execute(
            "UPDATE tessera_bucket SET state = 'owned', moved_to = NULL, changed_at = clock_timestamp()"
            " WHERE number = ANY(%s) AND state IN ('fenced', 'moved') AND move_id = %s AND epoch <= %s",
            [numbers, self._move.pk, self._stamp],
        )

    def given_away(self) -> set[int]:
        """The buckets that have passed the commit point of this move by the shards' own rows."""
        by_source = (
            "SELECT number FROM tessera_bucket WHERE move_id = %s AND state = 'moved' AND moved_to = %s"
        )
        by_target = "SELECT number FROM tessera_bucket WHERE move_id = %s AND state = 'owned'"
        rows = [
            *self.source.execute(by_source, [self._move.pk, self._move.target]).fetchall(),
            *self.target.execute(by_target, [self._move.pk]).fetchall(),
        ]
        return {row[0] for row in rows} & set(self._move.buckets)

    def forget_expected(self, numbers: Sequence[int]) -> None:
        """Make the target forget buckets that will not come, except those that it owns."""
        with bucket_rows.moving(self.target):
            self.target.execute(
                "DELETE FROM tessera_bucket WHERE number = ANY(%s) AND state IN ('incoming', 'ready') AND move_id = %s",
                [list(numbers), self._move.pk],
            )
            kept = self.target.execute(
                "SELECT number FROM tessera_bucket WHERE number = ANY(%s) AND state <> 'gone' FOR SHARE",
                [list(numbers)],
            )
            bucket_rows.wipe(self.target, sorted(set(numbers) - {row[0] for row in kept}))

    @property
    def _stamp(self) -> int:
        """A number that orders fences: it grows with the move, then with the mover of the same move."""
        return int(self._move.pk) * 1_000_000 + self._move.epoch
