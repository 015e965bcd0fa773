"""The targets of rendering, and whether this run meets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.bench.contestants import FLOOR, OURS, PYVIPS, SHARP
from tests.bench.memory import Peak
from tests.bench.speed import Timed, ratio

MOST_BY_OTHERS: Final = 1.15
MOST_BY_CODECS: Final = 2.0
LEAST_PHOTOS_PER_SECOND: Final = 0.8
MOST_UNTIL_VISIBLE: Final = 0.15
MOST_MEGABYTES: Final = 250.0


@dataclass(frozen=True)
class Verdict:
    """One promise."""

    promise: str
    found: float
    is_met: bool


def verdicts(timed: list[Timed], first: list[Timed], peaks: list[Peak]) -> list[Verdict]:
    """Every promise that could be measured: ratios as means over the sizes, the rest for a 12 megapixel photo."""
    found = []
    sizes = sorted({each.megapixels for each in timed})
    for other, most in ((PYVIPS, MOST_BY_OTHERS), (SHARP, MOST_BY_OTHERS), (FLOOR, MOST_BY_CODECS)):
        if any(each.contestant == other for each in timed):
            mean = geometric_mean([ratio(timed, size, other) for size in sizes])
            found.append(Verdict(f"CPU by {other}, mean of sizes, at most {most:g}", mean, mean <= most))
    ours = next(each for each in timed if (each.contestant, each.megapixels) == (OURS, 12))
    rate = 1 / ours.median
    found.append(
        Verdict(
            f"12 Mpx photos per CPU-s, at least {LEAST_PHOTOS_PER_SECOND:g}",
            rate,
            rate >= LEAST_PHOTOS_PER_SECOND,
        )
    )
    visible = next(
        each for each in first if (each.contestant, each.megapixels) == ("first visible", 12)
    ).median
    found.append(
        Verdict(
            f"CPU-s until a 12 Mpx photo shows, at most {MOST_UNTIL_VISIBLE:g}",
            visible,
            visible <= MOST_UNTIL_VISIBLE,
        )
    )
    largest = max((peak for peak in peaks if peak.contestant == OURS), key=lambda peak: peak.megapixels)
    found.append(
        Verdict(
            f"MB for a JPEG of {largest.megapixels} Mpx, at most {MOST_MEGABYTES:g}",
            largest.megabytes,
            largest.megabytes <= MOST_MEGABYTES,
        )
    )
    return found


def geometric_mean(values: list[float]) -> float:
    """The mean for ratios."""
    product = 1.0
    for value in values:
        product *= value
    return float(product ** (1 / len(values)))


def table(found: list[Verdict]) -> str:
    """Return a line for each target."""
    lines = ["Targets"]
    lines += [
        f"  {'met   ' if verdict.is_met else 'MISSED'} {verdict.promise:<52} {verdict.found:8.2f}"
        for verdict in found
    ]
    return "\n".join(lines)
