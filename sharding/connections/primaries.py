"""Circuit breakers for primaries that keep connections open but do not answer: frozen or cut off servers.

Each process watches the primaries it uses: a thread asks every POLL_SECONDS on a connection of its own. When a primary
is silent for ANSWER_SECONDS, all of this process's connections to it are broken: waiting threads get an
OperationalError, and until the primary answers again new statements raise Silent at once. A dead primary refuses
connections by itself, which is as quick; it does not count as silent."""

import logging
import threading
import time

from django.conf import settings
from django.db import OperationalError

from sharding.connections import disconnecting
from sharding.connections.probe import NoAnswer, Probe, Silence
from sharding.connections.watches import Watches
from sharding.rows import placement

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
ANSWER_SECONDS = 1.0
# A primary that was not used for this long is not watched any more. Longer than any single statement takes.
FORGOTTEN_SECONDS = 30.0


class Silent(OperationalError):
    """The primary does not answer. Nothing was sent to it."""


class PrimaryWatch:
    """The state of one primary in this process."""

    def __init__(self, alias: str, probe: Probe) -> None:
        self.alias = alias
        self.is_silent = False
        self._probe = probe
        self._used_at = 0.0
        self._must_connect = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()

    def admit(self) -> None:
        """Note a use of the primary, and watch it from now on. Raises Silent while it does not answer."""
        self._used_at = time.monotonic()
        if self._thread is None:
            self._ensure_started()
        if self.is_silent:
            raise Silent(f"{self.alias} does not answer.")

    def note_silence(self) -> None:
        """Note that connecting timed out. The next probe opens a new connection: old ones may still answer."""
        self._must_connect = self.is_silent = True

    def step(self) -> None:
        """Ask the primary once and note the result."""
        if self._must_connect:
            self._probe.close()
        try:
            self._probe.ask()
        except Silence as error:
            if not self.is_silent:
                logger.warning("Primary %s is silent: %s", self.alias, error)
            self.note_silence()
            # Each time: a thread may have been connecting when the connections were broken before.
            disconnecting.disconnect(self.alias)
            return
        except NoAnswer:
            pass  # it refuses connections, so no caller waits for it
        if self.is_silent:
            logger.info("Primary %s answers again, or refuses.", self.alias)
        self._must_connect = self.is_silent = False

    def stop(self) -> None:
        """End the thread; the next use starts another."""
        self._stopped.set()
        thread = self._thread
        if thread is not None:
            thread.join(ANSWER_SECONDS)

    def _ensure_started(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._run, name=f"watch-{self.alias}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._is_wanted():
            try:
                self.step()
            except (
                Exception
            ):  # only this thread finds a primary silent, or ends its silence: it must outlive any error
                logger.exception("Watching %s failed.", self.alias)
            self._stopped.wait(POLL_SECONDS)
        self._probe.close()

    def _is_wanted(self) -> bool:
        with self._starting:
            is_used = time.monotonic() - self._used_at < FORGOTTEN_SECONDS
            if is_used and not self._stopped.is_set():
                return True
            self._thread, self.is_silent = None, False
            return False


def _new_watch(alias: str) -> PrimaryWatch:
    return PrimaryWatch(alias, Probe(alias, answer_seconds=ANSWER_SECONDS))


_watches = Watches(_new_watch)


def admit(alias: str) -> None:
    """Let a connection or a statement pass, unless `alias` is a primary that is silent: raises Silent."""
    watch = _watches.get(alias)
    if watch is None:
        if not settings.WATCH_PRIMARIES or alias not in placement.primaries():
            return
        watch = _watches.ensure(alias)
    watch.admit()


def note_silence(alias: str) -> None:
    """Note that a connection attempt to `alias` timed out: if it is a primary, later callers need not wait."""
    watch = _watches.get(alias)
    if watch is not None:
        logger.warning("Primary %s takes no connections.", alias)
        watch.note_silence()


def is_silent(alias: str) -> bool:
    """Whether a primary is known not to answer."""
    watch = _watches.get(alias)
    return watch is not None and watch.is_silent


def forget() -> None:
    """Stop watching and begin anew at the next use."""
    _watches.forget()
