"""Watching one replica from this process: one thread asks, all request threads read the last answer.

The thread asks every POLL_SECONDS while somebody reads, and at once when somebody needs a newer answer; many
who wait are served by one question. When nobody reads, it sleeps. A replica that fails or lags is dropped,
asked again after a growing back-off, and returns only with a good answer."""

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
# How long a replica that nobody had watched may take to replay what it had received when it was first asked.
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
        """What the replica said when it was asked at `not_before` or later, waiting for that only briefly.

        None when it is dropped or does not answer in time: the primary must do."""
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
        """Whether it has answered lately, whatever it said."""
        return self._sighting is not None

    def doubt(self) -> None:
        """Forget the last answer: somebody has just had an error from this replica."""
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
        """Whether somebody waits for an answer newer than the last one. A dropped replica has time."""
        return self._stopped or not (self.dropped_because or self._has(self._newest_wanted))

    def _is_wanted(self) -> bool:
        return time.monotonic() - self._wanted_at < IDLE_SECONDS

    def step(self) -> None:
        """Ask once and take note."""
        asked_at = time.monotonic()
        try:
            answer = self._probe.ask()
            lag_seconds = self._lag.update(answer, asked_at)
            metrics.replica_lag.labels(self.alias).set(lag_seconds)
            self._note(Sighting(answer.replayed, asked_at), self._judge(answer, lag_seconds))
        except NoAnswer as error:
            self._note(None, str(error))
        except Exception:  # this thread is all that can bring the replica back: it outlives whatever it was
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
        """Why the replica may not answer, or "". It returns only below half the lag that drops it."""
        limit = settings.REPLICA_MAX_LAG_SECONDS / (2 if self.dropped_because else 1)
        if lag_seconds <= limit:
            return ""
        # A write a moment before the first question leaves something missing and the last commit old: no proof yet.
        if self._lag.is_guess and not self.dropped_because:
            return ""
        # Without a primary nothing newer can be read anywhere: the replica is what keeps reads alive.
        if not answer.is_streaming and not self._primary.is_known():
            return ""
        return f"{lag_seconds:.1f} s behind"


class Lag:
    """How late a replica is, from the answers it gave: how long ago it received what it has replayed now.

    Neither an idle primary nor one long transaction is lag, as they are when the age of the last commit is
    asked for. A replica that is not connected receives nothing; its time stands still."""

    def __init__(self) -> None:
        self._good_at = float("-inf")
        self._asked_at = float("-inf")
        self._guess_until = float("-inf")
        self._received: deque[tuple[int, float]] = deque(maxlen=2000)

    @property
    def is_guess(self) -> bool:
        """Whether the last lag rests on the age of a commit alone, since too little has been seen of the replica."""
        return self._asked_at < self._guess_until

    def update(self, answer: Answer, asked_at: float) -> float:
        """Seconds since the replica was last known to be level with its primary."""
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
        """Nobody has watched for a while: the age of the last commit is the best guess, if anything is missing."""
        self._received.clear()
        is_level = answer.received <= answer.replayed
        self._good_at = asked_at - (0 if is_level else answer.last_commit_age_seconds)
        self._guess_until = float("-inf") if is_level else asked_at + SETTLING_SECONDS


class Reachability:
    """Whether a server answers, as of about a second ago. Asked in a thread of its own, which may hang."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._is_reachable = False
        self._asking = threading.Lock()
        self._asked_at = float("-inf")

    def is_known(self) -> bool:
        """What is known now; a question is sent off when that is old."""
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
