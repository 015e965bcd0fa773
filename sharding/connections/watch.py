"""Watches one replica from this process: one thread asks, all request threads read the last answer.

The thread asks every POLL_SECONDS while requests read from the replica, and at once when one needs a newer answer; one
question serves all waiting requests. Without reads it sleeps. A replica that fails or lags is dropped, asked again
after a growing back-off, and used again after a good answer."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from ops import metrics
from sharding.connections.probe import ANSWER_SECONDS, Answer, NoAnswer, Probe

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05
# How long a reader waits for an answer before it goes to the primary.
PATIENCE_SECONDS = 0.05
IDLE_SECONDS = 1.0
FORGOTTEN_SECONDS = 10.0
# How long a replica that was not watched before may take to replay what it had received when it was first asked.
SETTLING_SECONDS = 1.0
BACK_OFF_SECONDS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Sighting:
    """An answer, and the moment the question was asked (monotonic clock)."""

    replayed: int
    asked_at: float


class Watch:
    """The state of one replica in this process."""

    def __init__(
        self,
        alias: str,
        probe: Probe,
        primary: Probe,
        *,
        on_drop: Callable[[str], object],
    ) -> None:
        self.alias = alias
        self._probe = probe
        self._primary = Reachability(primary)
        self._on_drop = on_drop
        self._lag = Lag()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sighting: Sighting | None = None
        self._wanted_at = 0.0
        self._newest_wanted = 0.0
        self._failures = 0
        self._stopped = False
        self.dropped_because = ""

    def find(self, *, not_before: float) -> Sighting | None:
        """The replica's state, asked for at `not_before` or later; waits PATIENCE_SECONDS at most.

        None when the replica is dropped or does not answer in time: the read goes to the primary."""
        with self._changed:
            self._wanted_at = time.monotonic()
            self._newest_wanted = max(self._newest_wanted, not_before)
            self._ensure_started()
            if not self._has(not_before):
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: self._has(not_before) or bool(self.dropped_because), PATIENCE_SECONDS
                )
            return self._sighting if self._has(not_before) and not self.dropped_because else None

    @property
    def is_heard(self) -> bool:
        """Whether the last question was answered."""
        return self._sighting is not None

    def doubt(self) -> None:
        """Forget the last answer: a read from this replica has just failed."""
        with self._changed:
            self._sighting = None
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread; the next `find` starts another."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(ANSWER_SECONDS)

    def _has(self, not_before: float) -> bool:
        return self._sighting is not None and self._sighting.asked_at >= not_before

    def _ensure_started(self) -> None:
        if self._thread is None:
            self._stopped = False
            self._thread = threading.Thread(target=self._run, name=f"watch-{self.alias}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            self.step()
            with self._changed:
                self._changed.wait_for(self._is_due, self._pause_seconds())
                self._changed.wait_for(lambda: self._stopped or self._is_wanted())
        self._probe.close()

    def _pause_seconds(self) -> float:
        if not self.dropped_because:
            return POLL_SECONDS
        return BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS)) - 1]

    def _is_due(self) -> bool:
        """Whether a reader waits for a newer answer. A dropped replica is asked after its back-off only."""
        return self._stopped or not (self.dropped_because or self._has(self._newest_wanted))

    def _is_wanted(self) -> bool:
        return time.monotonic() - self._wanted_at < IDLE_SECONDS

    def step(self) -> None:
        """Ask the replica once and note the result."""
        asked_at = time.monotonic()
        try:
            answer = self._probe.ask()
            lag_seconds = self._lag.update(answer, asked_at)
            metrics.replica_lag.labels(self.alias).set(lag_seconds)
            self._note(Sighting(answer.replayed, asked_at), self._judge(answer, lag_seconds))
        except NoAnswer as error:
            self._note(None, str(error))
        except Exception:  # only this thread can bring the replica back: it must outlive any error
            logger.exception("Watching %s failed.", self.alias)
            self._note(None, "watching it failed")

    def _note(self, sighting: Sighting | None, problem: str) -> None:
        with self._changed:
            was_dropped, self.dropped_because = self.dropped_because, problem
            self._failures = self._failures + 1 if problem else 0
            self._sighting = sighting
            self._changed.notify_all()
        if problem and not was_dropped:
            logger.warning("Replica %s is dropped: %s", self.alias, problem)
            metrics.replica_drops.labels(self.alias, "behind" if sighting else "no_answer").inc()
            self._on_drop(self.alias)
        elif was_dropped and not problem:
            logger.info("Replica %s is back.", self.alias)
            metrics.replica_returns.labels(self.alias).inc()

    def _judge(self, answer: Answer, lag_seconds: float) -> str:
        """Why the replica may not answer, or "". A dropped one returns only below half the lag that drops it."""
        limit = settings.REPLICA_MAX_LAG_SECONDS / (2 if self.dropped_because else 1)
        if lag_seconds <= limit:
            return ""
        # A write just before the first question leaves WAL to replay behind an old commit: that proves no lag yet.
        if self._lag.is_guess and not self.dropped_because:
            return ""
        # Without a primary no server has anything newer: the replica keeps reads going.
        if not answer.is_streaming and not self._primary.is_known():
            return ""
        return f"{lag_seconds:.1f} s behind"


class Lag:
    """The lag of one replica, from its answers: how long ago it received the LSN that it has replayed now.

    Unlike the age of the last commit, this counts neither an idle primary nor one long transaction as lag. A replica
    that is not connected to its primary receives nothing, so its lag grows."""

    def __init__(self) -> None:
        self._good_at = float("-inf")
        self._asked_at = float("-inf")
        self._guess_until = float("-inf")
        self._received: deque[tuple[int, float]] = deque(maxlen=2000)

    @property
    def is_guess(self) -> bool:
        """Whether the last lag rests on the age of a commit alone, because the replica was not watched before."""
        return self._asked_at < self._guess_until

    def update(self, answer: Answer, asked_at: float) -> float:
        """Take an answer in; return the seconds since the replica was last level with its primary."""
        if asked_at - self._asked_at > FORGOTTEN_SECONDS:
            self._begin_anew(answer, asked_at)
        self._asked_at = asked_at
        if answer.is_streaming:
            self._received.append((answer.received, asked_at))
        while self._received and self._received[0][0] <= answer.replayed:
            self._good_at = self._received.popleft()[1]
            self._guess_until = float("-inf")
        return asked_at - self._good_at

    def _begin_anew(self, answer: Answer, asked_at: float) -> None:
        """Start without a history: if WAL is left to replay, the age of the last commit is the best guess."""
        self._received.clear()
        is_level = answer.received <= answer.replayed
        self._good_at = asked_at - (0 if is_level else answer.last_commit_age_seconds)
        self._guess_until = float("-inf") if is_level else asked_at + SETTLING_SECONDS


class Reachability:
    """Whether a server answers, as of about a second ago. The question runs in a thread of its own, which may hang."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._is_reachable = False
        self._asking = threading.Lock()
        self._asked_at = float("-inf")

    def is_known(self) -> bool:
        """The last result; starts a new question when it is older than IDLE_SECONDS."""
        if time.monotonic() - self._asked_at > IDLE_SECONDS and self._asking.acquire(blocking=False):
            self._asked_at = time.monotonic()
            threading.Thread(target=self._ask, name=f"reach-{self._probe.alias}", daemon=True).start()
        return self._is_reachable

    def _ask(self) -> None:
        try:
            self._is_reachable = self._probe.is_reachable()
        finally:
            self._probe.close()
            self._asking.release()
