"""The peak of resident memory of one job, in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from photos.imaging.sandbox import client as sandbox
from tests.bench.contestants import FLOOR, OURS, Contestant
from tests.bench.subjects import Subject


@dataclass(frozen=True)
class Peak:
    """The megabytes of one contestant for one photo."""

    contestant: str
    megapixels: int
    megabytes: float


def measure(participants: list[Contestant], pictures: list[Subject]) -> list[Peak]:
    """Measure each contestant on each photo, each time in a new process."""
    peaks = []
    for picture in pictures:
        cost = sandbox.run_render(picture.path).cost
        if cost is not None:
            peaks.append(Peak(OURS, picture.megapixels, cost.peak_rss_bytes / 1e6))
        peaks += [
            Peak(contestant.name, picture.megapixels, _peak(contestant, picture.path))
            for contestant in participants
            if contestant.name not in (OURS, FLOOR)
        ]
    sandbox.stop()
    return peaks


def _peak(contestant: Contestant, photo: Path) -> float:
    process = contestant.started()
    if process.stdin is None or process.stdout is None:
        raise RuntimeError(contestant.name)
    with process.stdin, process.stdout:
        process.stdin.write(f'{{"path": "{photo}", "out": ""}}\n')
        process.stdin.flush()
        process.stdout.readline()
        # Not by wait4: that remembers the size of the process which this one was forked from.
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    process.wait()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def table(peaks: list[Peak]) -> str:
    """Return a line for each photo."""
    names = list(dict.fromkeys(peak.contestant for peak in peaks))
    lines = ["Peak memory of a job, MB" + "".join(f"{name:>10}" for name in names)]
    for megapixels in dict.fromkeys(peak.megapixels for peak in peaks):
        megabytes_of = {peak.contestant: peak.megabytes for peak in peaks if peak.megapixels == megapixels}
        lines.append(
            f"  {megapixels:>3} Mpx               " + "".join(f"{megabytes_of[name]:10.0f}" for name in names)
        )
    return "\n".join(lines) + "\n"
