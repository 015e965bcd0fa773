"""CPU seconds of each contestant for each photo, and ours until the first files can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from photos.imaging.renditions import QUICK
from photos.imaging.sandbox import client as sandbox
from tests.bench.contestants import OURS, Contestant
from tests.bench.subjects import Subject


@dataclass(frozen=True)
class Timed:
    """The CPU seconds of one contestant for one photo, in each round."""

    contestant: str
    megapixels: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of all rounds."""
        return median(self.seconds)

    @property
    def quiet(self) -> float:
        """The best round."""
        return min(self.seconds)


def measure(participants: list[Contestant], pictures: list[Subject], rounds: int, kept: Path) -> list[Timed]:
    """Time each contestant on each photo, interleaved. The files are kept, to measure their quality."""
    seconds: dict[tuple[str, int], list[float]] = {}
    for picture in pictures:
        for contestant in participants:  # a first round that does not count
            contestant.run(picture.path, kept / str(picture.megapixels) / contestant.name)
        for number in range(rounds):
            first = number % len(participants)
            for contestant in participants[first:] + participants[:first]:
                key = (contestant.name, picture.megapixels)
                seconds.setdefault(key, []).append(contestant.run(picture.path))
    return [Timed(*key, tuple(values)) for key, values in seconds.items()]


def measure_first_visible(pictures: list[Subject], rounds: int) -> list[Timed]:
    """Time the quick stage as workers run it (forked, limited, verified), and all files in the same way."""
    seconds: dict[tuple[str, int], list[float]] = {}
    for picture in pictures:
        for _ in range(rounds):
            for name, specs in (("first visible", QUICK), ("all files", None)):
                cost = sandbox.run_render(picture.path, specs=specs).cost
                if cost is not None:
                    seconds.setdefault((name, picture.megapixels), []).append(cost.cpu_seconds)
    sandbox.stop()
    return [Timed(*key, tuple(values)) for key, values in seconds.items()]


def ratio(timed: list[Timed], megapixels: int, other: str) -> float:
    """Return the median, over the rounds, of our time divided by theirs in the same round."""
    ours, theirs = (
        next(t.seconds for t in timed if (t.contestant, t.megapixels) == (name, megapixels))
        for name in (OURS, other)
    )
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table(timed: list[Timed]) -> str:
    """Return lines of CPU seconds (median, minimum), photos a CPU second, and our time divided by theirs."""
    lines = [
        "All 15 files              CPU-s: median   min    photos per CPU-s: median   best    ours / theirs",
    ]
    for each in timed:
        by_theirs = "" if each.contestant == OURS else f"{ratio(timed, each.megapixels, each.contestant):.2f}"
        lines.append(
            f"  {each.megapixels:>3} Mpx  {each.contestant:<16} {each.median:12.3f} {each.quiet:6.3f}"
            f" {1 / each.median:25.2f} {1 / each.quiet:6.2f} {by_theirs:>16}"
        )
    return "\n".join(lines) + "\n"


def table_of_first_visible(timed: list[Timed]) -> str:
    """Return lines of the CPU seconds of whole jobs."""
    lines = ["A job with its process and verification    CPU-s: median   min"]
    lines += [
        f"  {each.megapixels:>3} Mpx  {each.contestant:<33} {each.median:12.3f} {each.quiet:6.3f}"
        for each in timed
    ]
    return "\n".join(lines) + "\n"
