"""Carries out a move: copy, catch up, fence, switch, clean up; or abort.

    planned → prepared → copying → copied → switching → switched → detached → done        (aborting → aborted)

Each step can be repeated and finds out how far it came, so a mover that is killed anywhere is followed by another. Two
movers never work on one move at once: a mover holds an advisory lock on the directory, and what it does on a shard or
in the map counts only while the move's epoch is its own. How single buckets are switched: see `switching`."""

import time
from collections.abc import Callable
from typing import Self

from sharding.moving import bucket_rows, cleanup, exclusion, moves, replication, switching
from sharding.moving.ownership_switch import OwnershipSwitch, Unswitchable
from sharding.moving.replication import Broken, Link, ask
from sharding.rows import ownership
from sharding.rows.models import Move
from sharding.rows.placement import DIRECTORY

State = Move.State
CAUGHT_UP_SECONDS = 0.25
COPIES = 3


def _nothing(text: str) -> None:
    """The default of `say` and `reached`."""


class Mover:
    """Carries out one move; a context manager that raises exclusion.Busy while another mover has the move.

    `say` is called with how far it is; `reached` with the name of each point at which tests let a mover die. `since` is
    the moment (monotonic clock) from which on this process has seen no outage: by default, now."""

    def __init__(
        self,
        move: Move,
        *,
        say: Callable[[str], object] = _nothing,
        reached: Callable[[str], object] = _nothing,
        by_force: bool = False,
        since: float | None = None,
    ) -> None:
        self.move, self.say, self.reached = move, say, reached
        self._by_force = by_force
        self._name = f"tessera-mover-{move.pk}"
        self._opened: list[replication.Connection] = []
        self._since = time.monotonic() if since is None else since
        self.pauses_ms: list[float] = []

    def __enter__(self) -> Self:
        try:
            exclusion.lock(self.move, self._connect(DIRECTORY), by_force=self._by_force)
            moves.take_over(self.move)
            self._source, self._target = self._connect(self.move.source), self._connect(self.move.target)
            for connection in (self._source, self._target):
                exclusion.end_others(connection, self._name)
            self._ownership = OwnershipSwitch(
                self.move, source=self._source, target=self._target, reached=self.reached
            )
        except BaseException:  # whatever it was, the lock is given back before it goes on
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    # ---- the whole move ----

    def run(self, *, until: State = State.DONE) -> None:
        """Run the move to its end, or to the state `until`.

        Raises Overtaken, Refused, Unswitchable, psycopg.Error; a new mover can then run the move again."""
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
        """Give up the buckets that have not passed their commit point; finish the move of those that have."""
        done = self.settle()
        given_up = sorted(set(self.move.buckets) - done)
        if given_up and self.move.state != State.ABORTING:
            self._link().drop()
            self._ownership.forget_expected(given_up)
            self.reached("abort:dropped")
        if done:
            moves.narrow(self.move, sorted(done))
            self.run()
            return
        if self.move.state != State.ABORTING:
            moves.advance(self.move, State.ABORTING)
        moves.advance(self.move, State.ABORTED)

    def settle(self) -> set[int]:
        """End the switches that an earlier mover left half done; return the buckets that are the target's."""
        return switching.settle(self.move, self._ownership)

    def _settle(self) -> set[int]:
        """Call `settle`, and raise Broken when the target has lost buckets that it had been given."""
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
        self._ownership.expect(numbers)
        self.reached("prepare:expected")
        self._link().publish()
        rows = bucket_rows.count(self._source, numbers)
        moves.note_progress(self.move, rows=rows, copied=0, switched=0)
        moves.advance(self.move, State.PREPARED, rows=rows)

    def _subscribe(self) -> None:
        link = self._link()
        if not link.is_subscribed():
            self._ownership.expect(self._remaining())
            self.reached("subscribe:wiped")
            link.subscribe(self.move.source)
        self.reached("subscribe:subscribed")
        moves.advance(self.move, State.COPYING)

    def _await_copy(self) -> None:
        link, began = self._link(), time.monotonic()
        said_at = began
        while not link.is_copied():
            self.reached("copy:during")
            if time.monotonic() - said_at > 1:
                said_at = time.monotonic()
                copied = link.copied_rows()
                moves.note_progress(self.move, copied=copied)
                self.say(progress_bar("copying", copied, self.move.progress["rows"], said_at - began))
            time.sleep(0.05)
        for table in ownership.tables():
            self._target.execute(f"ANALYZE {table}".encode())
        moves.note_progress(self.move, copied=self.move.progress["rows"])
        moves.advance(self.move, State.COPIED, seconds=round(time.monotonic() - began, 2))

    def _catch_up(self) -> None:
        link = self._link()

        def beat() -> None:
            self.say(f"catching up: {link.lag_bytes() / 1e6:.1f} MB behind")

        while (lag := link.drain(switching.CATCH_UP_SECONDS, beat)) > CAUGHT_UP_SECONDS:
            pass
        moves.advance(self.move, State.SWITCHING, lag_ms=round(lag * 1000))

    def _switch_all(self) -> None:
        done, began = self._settle(), time.monotonic()
        link, before = self._link(), len(done)
        for numbers in switching.parts(self._source, self._remaining()):
            switching.await_replicas(self._ownership, self.say)
            self.pauses_ms.append(
                switching.switch(
                    self.move, numbers, link=link, ownership=self._ownership, reached=self.reached
                )
            )
            done.update(numbers)
            moves.note_progress(self.move, switched=len(done))
            self.say(
                progress_bar("switching", len(done), len(self.move.buckets), time.monotonic() - began, before)
            )
        slowest = round(max(self.pauses_ms, default=0))
        moves.advance(self.move, State.SWITCHED, buckets=len(done), slowest_pause_ms=slowest)

    def _detach(self) -> None:
        self._settle()
        self._link().drop()
        moves.advance(self.move, State.DETACHED)

    def _clean(self) -> None:
        self._settle()
        cleanup.await_readers(self.move, self._source, since=self._since, say=self.say)
        moves.note_progress(self.move, cleaning=True)
        deleted = cleanup.delete_rows(self.move, self._source, say=self.say, reached=self.reached)
        for connection in (self._source, self._target):
            connection.execute("DELETE FROM tessera_move_marker WHERE move_id = %s", [self.move.pk])
        moves.advance(self.move, State.DONE, deleted=deleted)

    # ---- inside ----

    def _connect(self, alias: str) -> replication.Connection:
        connection = replication.connect(alias, self._name)
        self._opened.append(connection)
        return connection

    def _close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def _remaining(self) -> list[int]:
        return sorted(set(self.move.buckets) - moves.switched(self.move))

    def _link(self) -> Link:
        return Link(self.move.pk, self._remaining(), source=self._source, target=self._target)

    def _copy_again(self, error: Broken) -> None:
        """Begin the copy again for the buckets not switched yet, since a failover loses the replication slot."""
        self.say(f"copying again: {error}")
        if self.settle() == set(self.move.buckets):
            moves.advance(self.move, State.SWITCHED, problem=str(error))
            return
        link = self._link()
        link.drop()
        link.publish()
        moves.advance(self.move, State.PREPARED, problem=str(error))


def progress_bar(what: str, done: int, total: int, seconds: float, before: int = 0) -> str:
    """One line of progress: a bar, the numbers, and the estimated seconds left."""
    share = min(done / total, 1.0) if total else 1.0
    drawn = "█" * round(share * 20)
    newly_done = done - before
    eta = f", {seconds / newly_done * max(total - done, 0):.0f} s left" if newly_done > 0 else ""
    return f"{what:<10} {drawn:░<20} {share:4.0%}  {done:,} of {total:,}{eta}"
