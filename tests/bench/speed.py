"""CPU seconds of everybody for every photo, and of us until something can be seen."""

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
    """What one contestant took for one photo, in each round."""

    contestant: str
    megapixels: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of all rounds."""
        return median(self.seconds)

    @property
    def quiet(self) -> float:
        """The best round."""
        return min(self.seconds)


def measure(everybody: list[Contestant], pictures: list[Subject], rounds: int, kept: Path) -> list[Timed]:
    """Everybody on every photo, one after the other, again and again. Files are kept for a look at their quality."""
    seconds: dict[tuple[str, int], list[float]] = {}
    for picture in pictures:
        for contestant in everybody:  # a first round that does not count
            contestant.run(picture.path, kept / str(picture.megapixels) / contestant.name)
        for number in range(rounds):
            first = number % len(everybody)
            for contestant in everybody[first:] + everybody[:first]:
                key = (contestant.name, picture.megapixels)
                seconds.setdefault(key, []).append(contestant.run(picture.path))
    return [Timed(*key, tuple(values)) for key, values in seconds.items()]


def measure_first_visible(pictures: list[Subject], rounds: int) -> list[Timed]:
    """The quick stage as workers run it: forked, limited, verified. All files in the same way for comparison."""
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
    """The median over the rounds of our time by theirs in the same round."""
    ours, theirs = (
        next(t.seconds for t in timed if (t.contestant, t.megapixels) == (name, megapixels))
        for name in (OURS, other)
    )
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table(timed: list[Timed]) -> str:
    """CPU seconds, median and minimum; photos a CPU second; our time by theirs."""
    lines = [
        "All 15 files              CPU-s: median   min    photos per CPU-s: median   best    ours / theirs",
    ]
    for found in timed:
        shown = "" if found.contestant == OURS else f"{ratio(timed, found.megapixels, found.contestant):.2f}"
        lines.append(
            f"  {found.megapixels:>3} Mpx  {found.contestant:<16} {found.median:12.3f} {found.quiet:6.3f}"
            f" {1 / found.median:25.2f} {1 / found.quiet:6.2f} {shown:>16}"
        )
    return "\n".join(lines) + "\n"


def table_of_first_visible(timed: list[Timed]) -> str:
    """The same of whole jobs."""
    lines = ["A job with its process and verification    CPU-s: median   min"]
    lines += [
        f"  {found.megapixels:>3} Mpx  {found.contestant:<33} {found.median:12.3f} {found.quiet:6.3f}"
        for found in timed
    ]
    return "\n".join(lines) + "\n"
