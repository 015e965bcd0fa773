"""Processes that a killed supervisor left running, recognised by their pid files and start times."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ops.topology.machine.process import Identity, kill_group

PATIENCE_SECONDS = 10.0
POSTGRES_STOP = signal.SIGINT  # fast shutdown: no recovery at the next start


def reap(pids: Path, *, is_postgres: Callable[[str], bool]) -> list[str]:
    """Stop every process that a pid file describes, and remove the files; returns the names of the components.

    PostgreSQL gets a fast shutdown; the others are killed, which costs none of them data.
    """
    running = {name: identity for name, identity in _read_all(pids).items() if identity.is_running()}
    for name, identity in running.items():
        _stop(identity, gently=is_postgres(name))
    _wait(list(running.values()))
    for file in pids.glob("*.pid"):
        file.unlink()
    return sorted(running)


def _read_all(pids: Path) -> dict[str, Identity]:
    identities = {file.stem: Identity.read(file) for file in pids.glob("*.pid")}
    return {name: identity for name, identity in identities.items() if identity}


def _stop(identity: Identity, *, gently: bool) -> None:
    if gently:
        with contextlib.suppress(ProcessLookupError):
            os.kill(identity.pid, POSTGRES_STOP)
    else:
        kill_group(identity.pid)


def _wait(identities: list[Identity]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(identity.is_running() for identity in identities):
        if time.monotonic() > deadline:
            for identity in identities:
                kill_group(identity.pid)
        time.sleep(0.05)
