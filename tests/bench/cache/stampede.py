"""A cache stampede: when a popular value ends, either every reader loads it, or one does."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache

from sharding.consistency.readthrough import Group

READERS, SECONDS, FRESH_SECONDS, LOAD_SECONDS, COLD_READERS = 48, 8.0, 1, 0.15, 1000


@dataclass(frozen=True)
class Stormed:
    """Loads for each expiry of the value, and the milliseconds that readers waited."""

    name: str
    loads: float
    p99: float
    worst: float


class Slow:
    """A slow database that counts its loads."""

    def __init__(self) -> None:
        self.loads = 0
        self._lock = threading.Lock()

    def load(self, keys: list[str]) -> dict[str, int]:
        """Return the values after a delay."""
        with self._lock:
            self.loads += 1
        time.sleep(LOAD_SECONDS)
        return dict.fromkeys(keys, 1)


def measure() -> list[Stormed]:
    """Read one value from many threads while it expires again and again."""
    naive, ours = Slow(), Slow()
    group: Group[str, int] = Group("bench", ours.load, fresh_seconds=FRESH_SECONDS)

    def read_naively() -> object:
        found = cache.get("naive")
        if found is None:
            found = naive.load(["naive"])
            cache.set("naive", found, FRESH_SECONDS)
        return found

    return [
        stormed("look, load, keep", naive, read_naively),
        stormed("ours", ours, lambda: group.get("hot")),
    ]


def measure_cold() -> int:
    """Return how often a value is loaded that a thousand threads request at once."""
    slow = Slow()
    group: Group[str, int] = Group("bench", slow.load, fresh_seconds=60)
    together(COLD_READERS, lambda: group.get("cold"))
    return slow.loads


def stormed(name: str, slow: Slow, read: Callable[[], object]) -> Stormed:
    """Read from many threads for a fixed time."""
    waits: list[float] = []
    until = time.monotonic() + SECONDS

    def go_on() -> None:
        while (began := time.monotonic()) < until:
            read()
            waits.append((time.monotonic() - began) * 1000)
            time.sleep(0.005)

    together(READERS, go_on)
    ended = SECONDS / (FRESH_SECONDS + LOAD_SECONDS)
    return Stormed(name, slow.loads / ended, statistics.quantiles(waits, n=100)[98], max(waits))


def together(count: int, do: Callable[[], object]) -> None:
    """Call a function from that many threads at once."""
    gate = threading.Barrier(count)

    def wait_and_do() -> None:
        gate.wait()
        do()

    threads = [threading.Thread(target=wait_and_do) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def table(found: list[Stormed], cold: int) -> str:
    """Return printable lines."""
    lines = [
        f"{READERS} readers of a value that ends each {FRESH_SECONDS} s and takes {LOAD_SECONDS * 1000:g} ms to load"
    ]
    lines += [
        f"  {each.name:<20} {each.loads:6.1f} loads each time   p99 {each.p99:6.1f} ms   worst {each.worst:6.1f} ms"
        for each in found
    ]
    naive, ours = found
    lines.append(
        f"  {naive.loads / ours.loads:.0f} times fewer loads, p99 {naive.p99 / ours.p99:.1f} times shorter"
    )
    verdict = "met   " if cold == 1 else "MISSED"
    lines.append(
        f"  {verdict} {COLD_READERS} readers of a cold value: loaded {cold} time{'s' if cold > 1 else ''}"
    )
    return "\n".join(lines)
