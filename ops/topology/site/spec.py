"""The spec of a component: name, command, readiness, stop; with the roles and states that components have."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Step = Callable[[], Awaitable[None]]
Probe = Callable[[], Awaitable[bool]]


class Role(StrEnum):
    """What a component does."""

    PRIMARY = "primary"
    REPLICA = "replica"
    CACHE = "cache"
    QUEUE = "queue"
    STORAGE = "storage"
    EDGE = "edge"
    SETUP = "setup"
    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"


STOP_ORDER: tuple[frozenset[Role], ...] = (
    frozenset({Role.EDGE}),
    frozenset({Role.SETUP, Role.WEB, Role.WORKER, Role.SCHEDULER}),
    frozenset({Role.REPLICA, Role.CACHE, Role.QUEUE, Role.STORAGE}),
    frozenset({Role.PRIMARY}),
)


class State(StrEnum):
    """The state of a component."""

    WAITING = "waiting"
    PREPARING = "preparing"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    DRAINING = "draining"
    STOPPING = "stopping"
    STOPPED = "stopped"
    RESTARTING = "restarting"
    FAILED = "failed"


async def nothing() -> None:
    """Do nothing: the step of a component that has none."""


async def at_once() -> bool:
    """Return True: the probe of a component that is ready as soon as it runs."""
    return True


@dataclass(frozen=True, kw_only=True)
class Spec:
    """How one component is started, probed and stopped.

    `prepare` runs before every start; `settle` runs each time the component has become ready, before the components
    that need it start. A job (role SETUP) is ready when it has ended with code 0.
    """

    name: str
    role: Role
    argv: list[str]
    address: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    prepare: Step = nothing
    is_ready: Probe = at_once
    settle: Step = nothing
    start_seconds: float = 60.0
    home: Path | None = None  # working directory of all its processes: those left when it ends are killed
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    early_stop_seconds: float = 2.0  # instead, before it was ready: it has no work under way

    @property
    def is_job(self) -> bool:
        return self.role is Role.SETUP
