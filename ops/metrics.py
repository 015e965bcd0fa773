"""Prometheus metrics of this process. Every module may import it; it imports nothing of the project.

Names begin with `tessera_` and contain the unit; labels have few values (aliases, reasons; never ids or people). A pod
is one process of several threads, so its numbers need no shared files. Pods serve them at `/metrics`; workers and the
scheduler write the same text to METRICS_FILE, which a node exporter's text-file collector or a dashboard reads.
"""

import contextlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WRITE_SECONDS = 5.0

registry = CollectorRegistry(auto_describe=True)

reads = Counter(
    "tessera_db_reads",
    "Reads that were routed: whose data, which server answers, and why that one.",
    ["primary", "server", "reason"],
    registry=registry,
)
writes = Counter("tessera_db_writes", "Statements that write, by primary.", ["primary"], registry=registry)
tokens = Counter(
    "tessera_causal_tokens",
    "Causal tokens that were looked for, and where (store, cookie), hit, miss or away.",
    ["place", "outcome"],
    registry=registry,
)
replica_drops = Counter(
    "tessera_replica_drops",
    "Replicas that this process stopped reading from, by reason.",
    ["replica", "reason"],
    registry=registry,
)
replica_returns = Counter(
    "tessera_replica_returns", "Replicas that were read from again.", ["replica"], registry=registry
)
replica_lag = Gauge(
    "tessera_replica_lag_seconds", "How late a replica was when last asked.", ["replica"], registry=registry
)
bucket_map_refreshes = Counter(
    "tessera_bucket_map_refreshes",
    "Checks of the bucket map: read anew, unchanged, or the directory away.",
    ["outcome"],
    registry=registry,
)
bucket_map_version = Gauge(
    "tessera_bucket_map_version", "The bucket map this process has in force.", registry=registry
)
outbox_events = Counter(
    "tessera_outbox_events",
    "Outbox events by shard: relayed after their commit, swept later, or failed.",
    ["shard", "outcome"],
    registry=registry,
)
scatter_missing = Counter(
    "tessera_scatter_missing",
    "Shards whose part of an answer was missing: late, or away.",
    ["shard", "reason"],
    registry=registry,
)
cache_reads = Counter(
    "tessera_cache_reads",
    "Read-through cache by group of keys: hit, stale (given while another reader loads it anew), miss; load; error.",
    ["group", "outcome"],
    registry=registry,
)
timeline_reads = Counter(
    "tessera_timeline_reads",
    "Pages of feeds by where they came from: the timeline, pulled for want of one, or pulled beyond its end.",
    ["outcome"],
    registry=registry,
)


def count_read(primary: str, server: str, reason: str) -> None:
    """Count one read outside of a session."""
    reads.labels(primary, server, reason).inc()


def count_write(primary: str) -> None:
    """Count one statement that writes."""
    writes.labels(primary).inc()


def count_reads(counts: Mapping[tuple[str, str, str], int]) -> None:
    """Count the reads of a session, {(primary, server, reason): how many}; called once, at its end."""
    for labels, count in counts.items():
        reads.labels(*labels).inc(count)


def text() -> bytes:
    """Return all metrics in Prometheus's text format."""
    return generate_latest(registry)


def write(path: Path) -> None:
    """Write the metrics to a file atomically."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(text())
    fresh.replace(path)


class Writer:
    """Writes a file every WRITE_SECONDS from a thread of its own, until it is stopped."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stopped = threading.Event()

    def start(self) -> None:
        """Start the thread, if there is a file to write."""
        if self.path:
            threading.Thread(target=self._run, args=(self.path,), name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Write a last time and end the thread."""
        self._stopped.set()
        if self.path:
            with contextlib.suppress(OSError):
                write(self.path)

    def _run(self, path: Path) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(OSError):  # a full disk ends no worker
                write(path)
            self._stopped.wait(WRITE_SECONDS)
