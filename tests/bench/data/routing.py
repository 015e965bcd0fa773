"""The cost of choosing a server for a query: our router, django-multidb-router, plain Django."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from unittest import mock

from django.conf import settings
from django.db.utils import ConnectionRouter

from accounts.models import User
from photos.models import Photo
from sharding.connections import probe
from sharding.consistency import causal
from sharding.rows.ids import bucket_for_owner

DECISIONS, ROUNDS, REQUESTS = 3000, 15, 2000
TARGET_US = 30.0


@dataclass(frozen=True)
class Timed:
    """Microseconds of CPU time for one decision, in each round."""

    name: str
    rounds: list[float]

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.rounds)


def measure() -> list[Timed]:
    """Time each contestant, interleaved, so that other load on the machine affects all alike."""
    participants = contestants()
    found: dict[str, list[float]] = {name: [] for name, _, _ in participants}
    for _ in range(ROUNDS):
        for name, decide, session in participants:
            with session():
                decide()
                began = time.thread_time()
                for _ in range(DECISIONS):
                    decide()
                found[name].append((time.thread_time() - began) / DECISIONS * 1e6)
    return [Timed(name, rounds) for name, rounds in found.items()]


Session = Callable[[], AbstractContextManager[object]]


def contestants() -> list[tuple[str, Callable[[], object], Session]]:
    """Return (name, one decision, its session) for each contestant that can run here."""
    plain, ours = ConnectionRouter([]), ConnectionRouter(["sharding.consistency.routers.ShardRouter"])
    with_token = lambda: causal.session({"default": 1, "shard0": 1})  # noqa: E731 - a name for the table below
    found: list[tuple[str, Callable[[], object], Session]] = [
        ("Django without a router", lambda: plain.db_for_read(User), nullcontext),
        ("ours, directory", lambda: ours.db_for_read(User), with_token),
        ("ours, a shard", lambda: ours.db_for_read(Photo, bucket=bucket_for_owner(8)), with_token),
        ("ours, after a write", lambda: ours.db_for_read(User), written_session),
    ]
    if importlib.util.find_spec("multidb"):
        settings.REPLICA_DATABASES = settings.REPLICAS["default"]
        theirs = ConnectionRouter(["multidb.PinningReplicaRouter"])
        found.insert(1, ("django-multidb-router", lambda: theirs.db_for_read(User), nullcontext))
    return found


def written_session() -> AbstractContextManager[object]:
    """A session that has written to the directory."""
    opened = causal.session({"default": 1})
    session = opened.__enter__()
    session.note_write("default")
    closing = mock.MagicMock()
    closing.__exit__.side_effect = opened.__exit__
    return closing


@dataclass(frozen=True)
class PerRequest:
    """A request's cost of its causal session, and how often it asks replicas for their position."""

    microseconds: float
    questions: float


def measure_requests() -> PerRequest:
    """Time sessions: open, read five times from directory and one shard each, close."""
    router = ConnectionRouter(["sharding.consistency.routers.ShardRouter"])
    asked, ask = [0], probe.Probe.ask

    def counting(self: probe.Probe) -> probe.Answer:
        asked[0] += 1
        return ask(self)

    with mock.patch.object(probe.Probe, "ask", counting):
        began = time.thread_time()
        for _ in range(REQUESTS):
            with causal.session({"default": 1, "shard0": 1}):
                for _ in range(5):
                    router.db_for_read(User)
                    router.db_for_read(Photo, bucket=8)
        took = time.thread_time() - began
    return PerRequest(took / REQUESTS * 1e6, asked[0] / REQUESTS)


def table(timed: list[Timed], request: PerRequest) -> str:
    """Return printable lines with ratios to plain Django."""
    base = timed[0].median
    lines = ["Routing of one read, µs of processor time (median of rounds)"]
    lines += [f"  {each.name:<28} {each.median:8.2f}   {each.median / base:6.1f} x Django" for each in timed]
    worst = max(each.median for each in timed if each.name.startswith("ours"))
    verdict = "met   " if worst <= TARGET_US else "MISSED"
    asked = f"{request.questions:.3f} questions to replicas each"
    lines.append(f"  {verdict} at most {TARGET_US:g} µs for a read with its causal check")
    lines.append(
        f"A request with ten reads of two databases: {request.microseconds:.0f} µs of routing; {asked}"
    )
    return "\n".join(lines)
