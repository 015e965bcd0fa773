"""Carrying out a move: copy, catch up, freeze, cut over, verify, clean up; or abort.

    planned → prepared → copying → copied → switching → switched → detached → done        (aborting → aborted)

Each step can be repeated and finds out by itself how far it came, so a mover that is killed anywhere is followed by
another. Two never work at once: a mover holds an advisory lock on the directory, and what it does on a shard or in the
map counts only while the move's epoch is its own.

A bucket is switched so:
  1. the source fences it, which waits for its writers under way and refuses new ones;
  2. a marker drains the replication: the target has all there is;
  3. both sides are compared, by a hash over every row;
  4. the target's clock has passed the source's, so that its ids are later than all before;
  5. the target makes it ready, flushed to disk and, if one streams, to a replica;
  6. the directory gives it to the target, in one transaction: the commit point;
  7. the target owns it, the source sends writers there."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Self

from django.conf import settings

from sharding.moving import bucket_rows, moves, replication
from sharding.moving.ownership_switch import LSN, MS, STANDBYS, Handover, Unswitchable
from sharding.moving.replication import Broken, Link, NotInTime, ask
from sharding.rows import ownership
from sharding.rows.models import Move
from sharding.rows.placement import DIRECTORY

logger = logging.getLogger(__name__)

State = Move.State
LOCK_SPACE = 32342
CAUGHT_UP_SECONDS = 0.25
DRAIN_SECONDS = 1.0
CATCH_UP_SECONDS = 3600.0
MAX_SKEW_MS = 50
LOCK_TRIES = 20
ROWS_AT_ONCE, BUCKETS_AT_ONCE = 2000, 8
COPIES = 3
MAX_REPLICA_LAG_BYTES = 64 * 1024**2


class Busy(moves.Refused):
    """Another mover works on this move."""


def _nothing(text: str) -> None:
    """For movers whom nobody watches."""


class Mover:
    """Whoever carries out one move now; a context manager that raises Busy when another one does.

    `say` is told how far it is, `reached` the name of each point at which a death is worth trying."""

    def __init__(
        self,
        move: Move,
        *,
        say: Callable[[str], object] = _nothing,
        reached: Callable[[str], object] = _nothing,
        by_force: bool = False,
    ) -> None:
        self.move, self.say, self.reached = move, say, reached
        self._by_force = by_force
        self._name = f"tessera-mover-{move.pk}"
        self._opened: list[replication.Connection] = []
        self._since = time.monotonic()
        self.pauses_ms: list[float] = []

    def __enter__(self) -> Self:
        try:
            self._lock(self._connect(DIRECTORY))
            moves.take_over(self.move)
            self._source, self._target = self._connect(self.move.source), self._connect(self.move.target)
            for connection in (self._source, self._target):
                _end_others(connection, self._name)
            self._handover = Handover(
                self.move, source=self._source, target=self._target, reached=self.reached
            )
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    # ---- the whole way ----

    def run(self, *, until: State = State.DONE) -> None:
        """Bring the move to its end, or to a state before it.

        Raises Overtaken, Refused, Unswitchable, psycopg.Error; run it again then."""
        steps = {
            State.PLANNED: self._prepare,
            State.PREPARED: self._subscribe,
            State.COPYING: self._await_copy,
            State.COPIED: self._catch_up,
            State.SWITCHING: self._switch_all,
            State.SWITCHED: self._detach,
            State.DETACHED: self._clean,
            State.ABORTING: self.abort,
        }
        copies = 0
        while not self.move.is_ended and self.move.state != until:
            self.reached(f"{self.move.state}")
            try:
                steps[State(self.move.state)]()
            except Broken as error:
                copies += 1
                if copies >= COPIES:
                    raise Unswitchable(f"The replication does not hold: {error}") from error
                self._copy_again(error)

    def abort(self) -> None:
        """Give up what has not passed its commit point; buckets that have are brought to a good end."""
        done = self.settle()
        given_up = sorted(set(self.move.buckets) - done)
        if given_up and self.move.state != State.ABORTING:
            self._link().drop()
            self._handover.leave(given_up)
            self.reached("abort:dropped")
        if done:
            moves.narrow(self.move, sorted(done))
            self.run()
            return
        if self.move.state != State.ABORTING:
            moves.advance(self.move, State.ABORTING)
        moves.advance(self.move, State.ABORTED)

    def settle(self) -> set[int]:
        """Make an end of switches that a predecessor left half done; return the buckets that are the target's."""
        done = moves.switched(self.move)
        forgotten = self._handover.given_away() - done
        # By a directory that has lost its last transactions in a failover: the shards know better.
        if forgotten:
            logger.warning("Buckets %s were moved, and the directory has forgotten it.", sorted(forgotten))
            moves.switch_map(self.move, sorted(forgotten), min_lsn=ask(self._target, LSN))
            done |= forgotten
        # Once the source's rows are being deleted there is no way back.
        lost = [] if self.move.progress.get("cleaning") else self._handover.lost(sorted(done))
        if lost:
            logger.warning(
                "%s has lost buckets %s: they stay on %s.", self.move.target, lost, self.move.source
            )
            self._handover.take_back(lost)
            moves.take_back(self.move, lost, min_lsn=ask(self._source, LSN))
            done.difference_update(lost)
        if done:
            self._handover.finish(sorted(done))
        self._handover.unfence(sorted(set(self.move.buckets) - done))
        return done

    def _settle(self) -> set[int]:
        """The same, and raise Broken when the target has lost buckets that it had been given."""
        given = moves.switched(self.move)
        done = self.settle()
        if given - done:
            raise Broken(f"{self.move.target} has lost buckets in a failover")
        return done

    # ---- the steps ----

    def _prepare(self) -> None:
        numbers = self.move.buckets
        owned = ask(
            self._source,
            "SELECT count(*) FROM tessera_bucket WHERE number = ANY(%s) AND state = 'owned'",
            numbers,
        )
        if owned != len(numbers):
            raise moves.Refused(
                f"{self.move.source} has only {owned} of these {len(numbers)} buckets by its own account. "
                "`manage.py shards verify` says more."
            )
        self._handover.expect(numbers)
        self.reached("prepare:expected")
        self._link().publish()
        rows = bucket_rows.count(self._source, numbers)
        moves.note_progress(self.move, rows=rows, copied=0, switched=0)
        moves.advance(self.move, State.PREPARED, rows=rows)

    def _subscribe(self) -> None:
        link = self._link()
        if not link.is_subscribed():
            self._handover.expect(self._remaining())
            self.reached("subscribe:wiped")
            link.subscribe(self.move.source)
        self.reached("subscribe:subscribed")
        moves.advance(self.move, State.COPYING)

    def _await_copy(self) -> None:
        link, began = self._link(), time.monotonic()
        said = began
        while not link.is_copied():
            self.reached("copy:during")
            if time.monotonic() - said > 1:
                said = time.monotonic()
                copied = link.copied_rows()
                moves.note_progress(self.move, copied=copied)
                self.say(bar("copying", copied, self.move.progress["rows"], said - began))
            time.sleep(0.05)
        for table in ownership.tables():
            self._target.execute(f"ANALYZE {table}".encode())
        moves.note_progress(self.move, copied=self.move.progress["rows"])
        moves.advance(self.move, State.COPIED, seconds=round(time.monotonic() - began, 2))

    def _catch_up(self) -> None:
        link = self._link()

        def beat() -> None:
            self.say(f"catching up: {link.lag_bytes() / 1e6:.1f} MB behind")

        while (lag := link.drain(CATCH_UP_SECONDS, beat)) > CAUGHT_UP_SECONDS:
            pass
        moves.advance(self.move, State.SWITCHING, lag_ms=round(lag * 1000))

    def _switch_all(self) -> None:
        done, began = self._settle(), time.monotonic()
        link, before = self._link(), len(done)
        for numbers in self._parts(self._remaining()):
            self._await_replicas()
            self._switch(link, numbers)
            done.update(numbers)
            moves.note_progress(self.move, switched=len(done))
            self.say(bar("switching", len(done), len(self.move.buckets), time.monotonic() - began, before))
        slowest = round(max(self.pauses_ms, default=0))
        moves.advance(self.move, State.SWITCHED, buckets=len(done), slowest_pause_ms=slowest)

    def _detach(self) -> None:
        self._settle()
        self._link().drop()
        moves.advance(self.move, State.DETACHED)

    def _clean(self) -> None:
        """Delete what was left behind, once nobody can be reading it by an old map any more."""
        self._settle()
        left = (
            "SELECT extract(epoch FROM max(changed_at) + %s * interval '1 second' - clock_timestamp())::float"
            " FROM tessera_bucket WHERE state = 'moved' AND move_id = %s"
        )
        delay = settings.MOVE_CLEANUP_DELAY_SECONDS
        # Anew by whoever goes on after an outage: while the directory was away nobody could learn of the switch.
        while (
            seconds := max(
                ask(self._source, left, delay, self.move.pk) or 0.0, delay - (time.monotonic() - self._since)
            )
        ) > 0:
            self.say(f"cleaning up in {seconds:.0f} s, when no process reads by an old map any more")
            time.sleep(min(seconds, 1))
        moves.note_progress(self.move, cleaning=True)
        deleted = 0
        for table in reversed(ownership.tables()):
            while count := bucket_rows.delete_moved(self._source, table, self.move.pk):
                deleted += count
                self.reached("clean:during")
                self.say(f"cleaning up: {deleted} rows deleted")
        self._source.execute(
            "UPDATE tessera_bucket SET state = 'gone' WHERE state = 'moved' AND move_id = %s", [self.move.pk]
        )
        for connection in (self._source, self._target):
            connection.execute("DELETE FROM tessera_move_marker WHERE move_id = %s", [self.move.pk])
        moves.advance(self.move, State.DONE, deleted=deleted)

    # ---- one switch ----

    def _switch(self, link: Link, numbers: list[int]) -> None:
        """Give some buckets to the target. Raises Unswitchable with the fence taken down, Overtaken, Broken."""
        if ask(self._source, MS) - ask(self._target, MS) > MAX_SKEW_MS:
            raise Unswitchable(
                f"The clock of {self.move.source} is ahead of that of {self.move.target}: set it right."
            )
        link.drain(CATCH_UP_SECONDS)
        began = time.monotonic()
        self._handover.fence(numbers)
        self.reached("switch:fenced")
        try:
            source_ms = ask(self._source, MS)
            link.drain(DRAIN_SECONDS)
            self._handover.compare(numbers)
            self._handover.await_clock(source_ms)
            min_lsn = self._handover.make_ready(numbers)
        except (NotInTime, Unswitchable, Broken) as error:
            self._handover.unfence(numbers)
            if isinstance(error, Broken):
                raise
            raise Unswitchable(f"Buckets {numbers} stay on {self.move.source}: {error}.") from error
        self.reached("switch:ready")
        moves.switch_map(self.move, numbers, min_lsn=min_lsn)
        self.reached("switch:committed")
        self._handover.finish(numbers)
        self.pauses_ms.append((time.monotonic() - began) * 1000)
        moves.record(self.move, "given", buckets=numbers, pause_ms=round(self.pauses_ms[-1]))

    # ---- inside ----

    def _connect(self, alias: str) -> replication.Connection:
        connection = replication.connect(alias, self._name)
        self._opened.append(connection)
        return connection

    def _close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def _lock(self, directory: replication.Connection) -> None:
        if self._by_force:
            directory.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                " AND objid = %s AND pid <> pg_backend_pid()"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                [LOCK_SPACE, self.move.pk],
            )
        # The server may not have noticed yet that the mover before has died.
        for _ in range(LOCK_TRIES):
            if ask(directory, "SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, self.move.pk):
                return
            time.sleep(0.05)
        raise Busy(f"Another mover works on move {self.move.pk}.")

    def _remaining(self) -> list[int]:
        return sorted(set(self.move.buckets) - moves.switched(self.move))

    def _link(self) -> Link:
        return Link(self.move.pk, self._remaining(), source=self._source, target=self._target)

    def _parts(self, numbers: list[int]) -> Iterator[list[int]]:
        """Buckets to switch together: few enough rows that they are compared in a moment."""
        part: list[int] = []
        rows = 0
        for number in numbers:
            here = bucket_rows.count(self._source, [number])
            if part and (rows + here > ROWS_AT_ONCE or len(part) >= BUCKETS_AT_ONCE):
                yield part
                part, rows = [], 0
            part.append(number)
            rows += here
        if part:
            yield part

    def _copy_again(self, error: Broken) -> None:
        """Begin the copy anew for what is not switched yet: after a failover there is no other way."""
        self.say(f"copying again: {error}")
        if self.settle() == set(self.move.buckets):
            moves.advance(self.move, State.SWITCHED, problem=str(error))
            return
        link = self._link()
        link.drop()
        link.publish()
        moves.advance(self.move, State.PREPARED, problem=str(error))

    def _await_replicas(self) -> None:
        """Do not hurry replicas that are behind: a move is no reason for readers to go to primaries."""
        behind = f"SELECT coalesce(max(pg_current_wal_lsn() - replay_lsn), 0)::bigint {STANDBYS}"
        while (
            lag := max(ask(each, behind) for each in (self._source, self._target))
        ) > MAX_REPLICA_LAG_BYTES:
            self.say(f"waiting: a replica is {lag / 1e6:.0f} MB behind")
            time.sleep(1)


def _end_others(connection: replication.Connection, name: str) -> None:
    """End what a killed predecessor has left running: its statements would still count."""
    others = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = %s AND pid <> pg_backend_pid() AND datname = current_database()"
    )
    while ask(connection, others, name):
        time.sleep(0.02)


def bar(what: str, done: int, total: int, seconds: float, before: int = 0) -> str:
    """How far something is, and how long the rest will take."""
    share = min(done / total, 1.0) if total else 1.0
    drawn = "█" * round(share * 20)
    gone = done - before
    eta = f", {seconds / gone * max(total - done, 0):.0f} s left" if gone > 0 else ""
    return f"{what:<10} {drawn:░<20} {share:4.0%}  {done:,} of {total:,}{eta}"
