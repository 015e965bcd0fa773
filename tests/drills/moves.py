"""`make drill`: buckets move while eight writers write and every process that takes part is killed.

Starts a topology of three shards. Four processes with two writers each keep ledgers of their own, outside of every
database. First buckets move undisturbed: the pauses and the throughput of the others are measured. Then the mover dies
at every step, and primaries and the queue are killed meanwhile; each move is resumed or given up. Ends well when
no acknowledged write is lost, none is stored twice, and no writer has read a state older than its own writes.
`BUCKETS=8 SECONDS=10` makes it shorter."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.drills import ledger
from tests.topology.running import Topology, started

BUCKETS = int(os.environ.get("BUCKETS", "64"))
SECONDS = float(os.environ.get("SECONDS", "20"))
PROCESSES = 4
FIRST_OWNER = 100_000_000  # beyond the ids of users who sign up in a drill
POINTS = (
    "planned", "prepare:expected", "prepared", "subscribe:wiped", "subscribe:subscribed", "copying", "copy:during",
    "copied", "switching", "switch:fenced", "switch:ready", "switch:committed", "switch:owned", "switched", "detached",
)  # fmt: skip
DUMP = """
import json
from django.conf import settings
from photos.models import Comment, Like, Photo
from sharding.consistency import causal
out = {"photos": [], "likes": [], "comments": []}
with causal.pin():
    for alias in settings.SHARDS:
        out["photos"] += list(Photo.objects.on(alias).values_list("id", "caption"))
        out["likes"] += list(Like.objects.on(alias).filter(is_on=True).values_list("photo_id", "user_id"))
        out["comments"] += list(Comment.objects.on(alias).values_list("photo_id", "body"))
print(json.dumps(out))
"""


def main() -> int:
    """Run the drill; return 0 when everything holds."""
    with started("--shards", "3", "--web", "1", "--workers", "1") as topology:
        return 0 if run(topology, buckets=BUCKETS, seconds=SECONDS, points=POINTS) else 1


def run(topology: Topology, *, buckets: int, seconds: float, points: Sequence[str]) -> bool:
    """Move and kill under writers; return whether the ledgers agree with the shards."""
    # Buckets of the first two shards move to the third; some of each shard stay.
    moving = [bucket for bucket in range(2 * (buckets + len(points))) if bucket % 3 != 2]
    staying = list(range(3000, 3000 + buckets))
    owners = [FIRST_OWNER // 8192 * 8192 + bucket for bucket in [*moving, *staying]]
    with tempfile.TemporaryDirectory(prefix="tessera-ledger-", dir="/tmp") as folder:
        with writing(topology, Path(folder), owners):
            calm = undisturbed_writers(seconds)
            busy = undisturbed_moves(topology, moving[:buckets])
            disturbed_moves(topology, moving[buckets:], points)
        expected = ledger.read(Path(folder).glob("*.jsonl"))
        wrong = ledger.compare(expected, read_shards(topology))
    verified = topology.manage("shards", "verify")
    print(figures(expected, calm, busy, set(moving[:buckets]), set(staying)))
    print(f"Failures that writers retried with success: {dict(expected.failures)}")
    for sentence in [*wrong[:20], *(f"stale: {line}" for line in expected.stale[:20])]:
        print(f"  {sentence}")
    print(f"{len(expected.ms)} writes: {len(wrong)} wrong, {len(expected.stale)} stale. {verified.strip()}")
    return not wrong and not expected.stale and len(expected.ms) > 100


@dataclass(frozen=True)
class Span:
    """A time span, in seconds since 1970."""

    begin: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.begin <= moment <= self.end

    @property
    def seconds(self) -> float:
        """Return its length."""
        return self.end - self.begin


def undisturbed_writers(seconds: float) -> Span:
    """Wait while the writers write."""
    began = time.time()
    time.sleep(seconds)
    return Span(began, time.time())


def undisturbed_moves(topology: Topology, buckets: Sequence[int]) -> Span:
    """Move buckets to the third shard, printing how long their writers waited."""
    began = time.time()
    output = topology.manage("move_bucket", ",".join(map(str, buckets)), "--to", "shard2", seconds=900)
    print("\n".join(line for line in output.splitlines() if not line.startswith("  ")), flush=True)
    return Span(began, time.time())


def disturbed_moves(topology: Topology, buckets: Sequence[int], points: Sequence[str]) -> None:
    """Kill the mover at each point, and a server after it; then resume the move, or abort every third."""
    victims = itertools.cycle(("shard0", "shard2", "queue", "shard1", "directory"))
    for number, (bucket, point, victim) in enumerate(zip(buckets, points, victims, strict=False)):
        (move,) = die(topology, bucket, "shard2", point)
        topology.run("kill", victim)
        time.sleep(0.5)
        how = "--abort" if number % 3 == 2 else "--resume"
        output = go_on(topology, how, move)
        print(
            f"the mover died at {point}, {victim} was killed; {how[2:]}: {output.splitlines()[-1]}",
            flush=True,
        )
        topology.wait_until_ready(victim)


def die(topology: Topology, bucket: int, target: str, point: str) -> list[int]:
    """Move a bucket with a mover that dies at a point; return the ids of its moves."""
    argv = [sys.executable, "-m", "tests.drills.dying", str(bucket), target, point]
    done = subprocess.run(
        argv, env=topology.environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return [int(line) for line in done.stdout.split() if line.isdecimal()]


def go_on(topology: Topology, how: str, move: int) -> str:
    """Resume or abort a move, retrying while servers come back."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return topology.manage("move_bucket", how, str(move), seconds=300)
        except subprocess.CalledProcessError as error:
            if time.monotonic() > deadline:
                raise AssertionError(error.stdout + error.stderr) from error
            time.sleep(1)


@contextmanager
def writing(topology: Topology, folder: Path, owners: list[int]) -> Iterator[None]:
    """Run the writers during the block, which begins when each of them has written."""
    processes, ledgers = [], [folder / f"{number}.ledger" for number in range(PROCESSES)]
    for number, path in enumerate(ledgers):
        argv = [sys.executable, "-m", "tests.drills.writers", str(path), *map(str, owners[number::PROCESSES])]
        environ = topology.environment()
        processes.append(subprocess.Popen(argv, env=environ, stdin=subprocess.PIPE, stderr=subprocess.PIPE))
    try:
        while not all(any(file.stat().st_size for file in folder.glob(f"{path.stem}.*")) for path in ledgers):
            assert all(process.poll() is None for process in processes), "a writer has ended"
            time.sleep(0.1)
        yield
    finally:
        errors = [process.communicate(timeout=120)[1].decode() for process in processes]
    ended_badly = [text for process, text in zip(processes, errors, strict=True) if process.returncode]
    assert not ended_badly, ended_badly[0][-3000:]


def read_shards(topology: Topology) -> ledger.Stored:
    """Return the rows that all shards have now."""
    dumped = json.loads(topology.manage("shell", "-v0", "-c", DUMP, seconds=120))
    photos: dict[int, list[str]] = {}
    for photo_id, caption in dumped["photos"]:
        photos.setdefault(photo_id, []).append(caption)
    return ledger.Stored(
        photos, Counter(map(tuple, dumped["likes"])), Counter(map(tuple, dumped["comments"]))
    )


def figures(expected: ledger.Expected, calm: Span, busy: Span, moved: set[int], staying: set[int]) -> str:
    """Return how long writers of moved buckets waited, and the throughput of the others meanwhile."""

    def bucket(photo_id: int) -> int:
        return (photo_id >> 10) % 8192

    waits = sorted(ms for at, photo_id, ms in expected.ms if at in busy and bucket(photo_id) in moved)
    rates = [
        sum(at in span and bucket(photo_id) in staying for at, photo_id, _ in expected.ms) / span.seconds
        for span in (calm, busy)
    ]
    longest = waits[-1] if waits else 0.0
    return (
        f"Writes to moving buckets: median {statistics.median(waits or [0]):.0f} ms, at most {longest:.0f} ms. "
        f"Others: {rates[0]:.0f} writes a second before, {rates[1]:.0f} during ({rates[1] / (rates[0] or 1):.0%})."
    )


if __name__ == "__main__":
    sys.exit(main())
