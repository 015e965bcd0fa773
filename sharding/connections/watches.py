"""The watches of this process: one for each server that it uses, begun at the first use."""

import os
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar


class Stoppable(Protocol):
    """What has a thread that can be ended."""

    def stop(self) -> None:
        """End the thread."""


W = TypeVar("W", bound=Stoppable)


class Watches(dict[str, W]):
    """Watches by the alias of their server. A forked child begins with none: threads do not survive a fork."""

    def __init__(self, new_watch: Callable[[str], W]) -> None:
        super().__init__()
        self._new_watch = new_watch
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._begin_anew)

    def ensure(self, alias: str) -> W:
        """Return the watch of a server, begun if there is none yet."""
        with self._lock:
            if alias not in self:
                self[alias] = self._new_watch(alias)
            return self[alias]

    def forget(self) -> None:
        """Stop all of them, and begin anew at the next use."""
        with self._lock:
            stopping = list(self.values())
            self.clear()
        for watch in stopping:
            watch.stop()

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()  # a thread of the parent may have held the other one
        self.clear()
