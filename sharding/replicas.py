"""Which replica may answer a read.

Every process watches each replica it uses (`watch`). A replica may answer when it has been heard from within
FRESH_SECONDS, is not dropped, and has replayed the LSN the reader must see. When the last answer says
"behind", the replica is asked once more before the read goes to the primary."""

import contextlib
import itertools
import os
import socket
import threading
import time
import weakref
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from sharding import placement
from sharding.probe import Probe
from sharding.watch import Watch

FRESH_SECONDS = 0.1

_watches: dict[str, Watch] = {}
_lock = threading.Lock()
_turns = itertools.count()
_connections: "weakref.WeakSet[BaseDatabaseWrapper]" = weakref.WeakSet()


def choose(primary: str, lsn: int) -> str | None:
    """The alias of a replica of `primary` that has replayed `lsn`, taking turns; None when there is none."""
    aliases = settings.REPLICAS.get(primary, ())
    if not aliases:
        return None
    turn = next(_turns) % len(aliases)
    now = time.monotonic()
    for alias in (*aliases[turn:], *aliases[:turn]):
        watch = _watches.get(alias) or _watch(alias)
        sighting = watch.find(not_before=now - FRESH_SECONDS)
        if sighting is not None and sighting.replayed < lsn:
            sighting = watch.find(not_before=now)
        if sighting is not None and sighting.replayed >= lsn:
            return alias
    return None


def doubt(aliases: Iterable[str]) -> None:
    """Ask these replicas again before they are read from: one of them has just failed a read."""
    for alias in aliases:
        if alias in _watches:
            _watches[alias].doubt()


def _watch(alias: str) -> Watch:
    with _lock:
        if alias not in _watches:
            primary = Probe(placement.primary_of(alias))
            _watches[alias] = Watch(alias, Probe(alias), primary, on_drop=sever)
        return _watches[alias]


def register_connection(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`: remember this process's connections to replicas."""
    if placement.is_replica(connection.alias):
        with _lock:
            _connections.add(connection)


def sever(alias: str) -> int:
    """Break this process's connections to a replica that was dropped; returns how many.

    Whoever waits for an answer of a frozen server gets an OperationalError now, and is asked again
    elsewhere."""
    with _lock:
        mine = [connection for connection in _connections if connection.alias == alias]
    return sum(map(_shut_down, mine))


def _shut_down(connection: BaseDatabaseWrapper) -> bool:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # closed by its own thread meanwhile
        raw = connection.connection
        number = raw.fileno()
        with socket.socket(fileno=os.dup(number)) as duplicate:
            # The number may have been given to another socket before it was duplicated, but not if the
            # connection still has it now.
            if not raw.closed and raw.fileno() == number:
                duplicate.shutdown(socket.SHUT_RDWR)
                return True
    return False


def forget() -> None:
    """Stop watching and begin anew at the next read."""
    with _lock:
        stopping = list(_watches.values())
        _watches.clear()
    for watch in stopping:
        watch.stop()


def _begin_anew_in_child() -> None:
    # The parent's threads are not here, and one of them may have held the lock.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _watches.clear()
    _connections.clear()


os.register_at_fork(after_in_child=_begin_anew_in_child)
