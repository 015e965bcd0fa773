"""Reads a second of a shard with no, one and two replicas, and the share of each server.

All servers share this machine's processors, so the sum cannot grow as it does on machines of their own; what is shown
is how much of the work leaves the primary."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

CLIENTS, SECONDS = 4, 4.0


@dataclass(frozen=True)
class Scaled:
    """Reads a second with this number of replicas, and the primary's share."""

    replicas: int
    rate: float
    on_primary: float


def measure() -> list[Scaled]:
    """Measure reads by several processes, for each number of replicas."""
    return [_measure(count) for count in (0, 1, 2)]


def _measure(replicas: int) -> Scaled:
    environ = {**os.environ, "BENCH_REPLICAS": str(replicas)}
    argv = [sys.executable, "-m", "tests.bench.data.scaling"]
    clients = [subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    outputs = [client.communicate()[0].split() for client in clients]
    total, primary = (sum(int(each[column]) for each in outputs) for column in (0, 1))
    return Scaled(replicas, total / SECONDS, primary / total)


def read() -> None:
    """Run one client: read a shard's newest photos, print the number of reads, and of those on the primary."""
    import django  # noqa: PLC0415 - only this process needs it, with the environment it was given

    django.setup()
    from django.conf import settings  # noqa: PLC0415 - see above

    from photos.models import Photo  # noqa: PLC0415 - see above
    from sharding.consistency import causal  # noqa: PLC0415 - see above

    kept = int(os.environ["BENCH_REPLICAS"])
    settings.REPLICAS = {primary: names[:kept] for primary, names in settings.REPLICAS.items()}
    for _ in range(20):
        with causal.session():
            list(Photo.objects.on("shard0").public().newest(5))
    total = primary = 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with causal.session() as session:
            list(Photo.objects.on("shard0").public().newest(5).values_list("pk"))
        total += 1
        primary += "shard0" in session.aliases_used
    print(total, primary)


def table(results: list[Scaled]) -> str:
    """Return printable lines with ratios to the primary alone."""
    cores = len(os.sched_getaffinity(0))
    lines = [f"Reads of one shard by {CLIENTS} processes; clients and all servers share {cores} processors"]
    lines += [
        f"  {each.replicas} replicas {each.rate:9.0f}/s   {each.rate / results[0].rate:5.2f} x none;"
        f" the primary answered {each.on_primary:.0%}"
        for each in results
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    read()
