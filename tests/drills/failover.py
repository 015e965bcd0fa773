"""`python -m tests.drills.failover`: what a failover loses, how long it takes, and what it costs to lose nothing.

Kills primaries with eight writers on them and promotes their replicas, several times with synchronous replication and
without, on a topology of its own with fsync. Ends well when nothing that was acknowledged with it is lost.
"""

import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.topology.faults import eventually, freeze, thaw
from tests.topology.ledger import Writers, primary_url
from tests.topology.running import Topology, folder, running_on

ROUNDS = int(os.environ.get("ROUNDS", "4"))
WRITE_SECONDS = 3.0
QUIET = ("--web", "0", "--workers", "0", "--shards", "1")


@dataclass
class Round:
    """What one failover did."""

    acknowledged: int
    lost: int
    seconds: float
    median_ms: float


def main() -> int:
    """Run the drill; returns 0 when synchronous replication lost nothing."""
    by_mode = {mode: run(mode) for mode in ("--no-synchronous", "--synchronous")}
    for mode, rounds in by_mode.items():
        print(
            f"{mode.strip('-'):>15}: {sum(each.acknowledged for each in rounds)} acknowledged, "
            f"{sum(each.lost for each in rounds)} lost; "
            f"writes again after {statistics.median(each.seconds for each in rounds):.1f} s "
            f"(at most {max(each.seconds for each in rounds):.1f} s); "
            f"insert {median(rounds):.2f} ms"
        )
    ratio = median(by_mode["--synchronous"]) / median(by_mode["--no-synchronous"])
    print(f"A synchronous insert takes {ratio:.2f} times as long (medians, 8 writers).")
    return 1 if any(each.lost for each in by_mode["--synchronous"]) else 0


def median(rounds: list[Round]) -> float:
    return statistics.median(each.median_ms for each in rounds)


def run(mode: str) -> list[Round]:
    """Run the failovers, half by SIGKILL and half by freezing the primary."""
    with folder() as var, running_on(var, mode, *QUIET, is_fast=False) as topology:
        return [fail_over(topology, number, is_frozen=number % 2 == 1) for number in range(ROUNDS)]


def fail_over(topology: Topology, number: int, *, is_frozen: bool) -> Round:
    """Run one failover under writers, and compare their books with the rows."""
    status = topology.status()
    primary = next(name for name in ("shard0", "shard0-replica") if status[name]["role"] == "primary")
    with ExitStack() as stack:
        books = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "books"
        writers = Writers(primary_url(topology, "shard0"), books)
        writers.start()
        time.sleep(WRITE_SECONDS)
        median_ms = writers.median_ms()
        began = time.monotonic()
        if is_frozen:
            stack.callback(thaw, freeze(topology, primary))
        else:
            topology.run("kill", primary)
        topology.run("promote", "shard0")
        promoted_at = time.monotonic()
        seconds = promoted_at - began + eventually(lambda: writers.first_after(promoted_at) or 0.0, 30)
        writers.stop()
        result = Round(len(writers.acknowledged()), len(writers.lost()), seconds, median_ms)
    print(f"  round {number + 1}: {'frozen' if is_frozen else 'killed'}, {result}", flush=True)
    topology.wait_until_ready(primary)
    time.sleep(2)  # until a replica follows, for the next round
    return result


if __name__ == "__main__":
    sys.exit(main())
