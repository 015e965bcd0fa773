"""`make bench`: renditions against pyvips, sharp and the codecs alone; the data tier against others' routers;
the cache and feeds; pages in Lighthouse.

`make bench ARGS=imaging`, `ARGS=data`, `ARGS=cache` or `ARGS=pages` for one of them: each in one run, on one machine.

Never part of CI: the figures depend on the machine, only their ratios do not. Rounds are interleaved, so that other
load on the machine affects all contestants alike; medians are shown, and minima for a quiet moment.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.bench import memory, quality, speed, targets
from tests.bench.contestants import contestants
from tests.bench.subjects import SIZES, Subject, subjects

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "var" / "bench"
KEPT = WORK / "files"
BENCHES = ["imaging", "data", "cache", "pages"]


def main() -> int:
    """Measure and print. The exit code is 1 if a target was missed."""
    options = _options()
    # In processes of their own: their servers must be in the environment before Django's settings are read.
    codes = [
        subprocess.run([sys.executable, "-m", f"tests.bench.{what}"], check=False).returncode
        for what in ("data", "cache", "pages")
        if what in options.what
    ]
    if "imaging" in options.what:
        codes.append(imaging(options))
    return max(codes)


def imaging(options: argparse.Namespace) -> int:
    """Measure rendering; 1 if a target was missed."""
    WORK.mkdir(parents=True, exist_ok=True)
    pictures = subjects(options.photos, WORK / "subjects")
    for line in _settings(pictures, options.rounds):
        print(line)
    participants = contestants(WORK)
    quick_ones = [subject for subject in pictures if subject.is_timed]
    try:
        timed = speed.measure(participants, quick_ones, options.rounds, KEPT)
        first = speed.measure_first_visible(quick_ones, options.rounds)
    finally:
        for contestant in participants:
            contestant.stop()
    print(speed.table(timed))
    print(speed.table_of_first_visible(first))
    print(quality.table(quality.measure(KEPT, [contestant.name for contestant in participants], pictures[0])))
    peaks = memory.measure(participants, pictures)
    print(memory.table(peaks))
    verdicts = targets.verdicts(timed, first, peaks)
    print(targets.table(verdicts))
    return 0 if all(verdict.is_met for verdict in verdicts) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=BENCHES, default=BENCHES, help="which to run (all)")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (7)")
    parser.add_argument(
        "--photos", type=Path, default=ROOT.parent / "shared" / "photos", help="a folder of camera files"
    )
    return parser.parse_args()


def _settings(pictures: list[Subject], rounds: int) -> list[str]:
    return [
        f"Photos of {', '.join(f'{size}' for size in SIZES)} megapixels, {rounds} rounds, interleaved:",
        *[
            f"  {subject.megapixels:>3} Mpx  {subject.path.stat().st_size / 1e6:5.1f} MB  {subject.origin}"
            for subject in pictures
        ],
        "15 files each: 2048, 1280, 640, 320 and a square of 256, as JPEG q80 (optimised; progressive from 1280),",
        "WebP q82 method 2 and AVIF q64 speed 9 (libvips: effort 0), q + 4 below 1280; one decode, cascaded Lanczos,",
        "sRGB, upright, the same 3 x 3 sharpening, no metadata. One thread each.",
        "Ours also makes ThumbHash, perceptual hash, dominant colour and facts.",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())
