"""Faults of a PostgreSQL server, and how long requests take meanwhile."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ops.topology.machine.process import processes_in
from tests.topology.running import Topology

T = TypeVar("T")


def freeze(topology: Topology, server: str) -> list[int]:
    """Stop every process of a server where it stands, as a machine that hangs would; returns their pids."""
    stopped: set[int] = set()
    # Repeated until there is no new one: the postmaster may start a process before it is stopped itself.
    while new := set(processes_in(topology.var / "postgres" / server)) - stopped:
        for pid in new:
            os.kill(pid, signal.SIGSTOP)
        stopped |= new
    assert stopped, f"{server} does not run"
    return sorted(stopped)


def thaw(pids: list[int]) -> None:
    """Let the processes go on that have not been killed meanwhile."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextmanager
def frozen(topology: Topology, server: str) -> Iterator[list[int]]:
    """Freeze a server while the block runs."""
    pids = freeze(topology, server)
    try:
        yield pids
    finally:
        thaw(pids)


@dataclass
class Timed:
    """A result, and how long it took."""

    value: object
    seconds: float


def timed(act: Callable[[], object]) -> Timed:
    """Run `act` and measure its time."""
    began = time.monotonic()
    value = act()
    return Timed(value, time.monotonic() - began)


def eventually(is_so: Callable[[], T], seconds: float = 15) -> T:
    """Return the first true answer. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.1)
    return answer
