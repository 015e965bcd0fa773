"""The quality of each contestant's files: SSIM against a carefully resampled photo, and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from photos.imaging.renditions import FORMATS, Spec, fit
from tests.bench.contestants import FLOOR
from tests.bench.subjects import Subject

Floats = npt.NDArray[np.float64]

EDGES: Final = (320, 1280)
TOLERANCE: Final = 0.01
_WINDOW: Final = 7
_STABLE: Final = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)
_SHARPEN: Final = ImageFilter.Kernel((3, 3), (-1, -1, -1, -1, 32, -1, -1, -1, -1), 24)
_BRIGHTNESS: Final = np.array((0.299, 0.587, 0.114))


@dataclass(frozen=True)
class Scored:
    """The SSIM and bytes of one file."""

    contestant: str
    spec: Spec
    ssim: float
    bytes: int


def ssim(first: Floats, second: Floats) -> float:
    """Return the structural similarity (Wang et al., 2004) of two brightness pictures (0 to 255), in 7 x 7 windows."""
    ours, theirs = _mean(first), _mean(second)
    both = _mean(first * second) - ours * theirs
    spread = _mean(first**2) - ours**2 + _mean(second**2) - theirs**2
    one, two = _STABLE
    score: Floats = (
        (2 * ours * theirs + one) * (2 * both + two) / ((ours**2 + theirs**2 + one) * (spread + two))
    )
    return float(score.mean())


def _mean(values: Floats) -> Floats:
    """Return the mean over each window that lies inside."""
    sums = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    corners = sums[_WINDOW:, _WINDOW:] - sums[:-_WINDOW, _WINDOW:] - sums[_WINDOW:, :-_WINDOW]
    means: Floats = (corners + sums[:-_WINDOW, :-_WINDOW]) / _WINDOW**2
    return means


def measure(kept: Path, names: list[str], picture: Subject) -> list[Scored]:
    """Score each contestant's files of one photo."""
    with Image.open(picture.path) as opened:
        whole = opened.convert("RGB")
    scored = []
    for edge in EDGES:
        small = whole.resize(fit(whole.size, edge), Image.Resampling.LANCZOS).filter(_SHARPEN)
        for format in FORMATS:  # noqa: A001 - the word for it
            spec = Spec(edge, format)
            for name in names:
                path = kept / str(picture.megapixels) / name / f"{spec.name}{spec.suffix}"
                if name != FLOOR:
                    scored.append(Scored(name, spec, _score(path, small), path.stat().st_size))
    return scored


def _score(path: Path, wanted: Image.Image) -> float:
    with Image.open(path) as opened:
        found = opened.convert("RGB").resize(wanted.size)  # a pixel more or less by rounding
    return ssim(np.asarray(found) @ _BRIGHTNESS, np.asarray(wanted) @ _BRIGHTNESS)


def table(scored: list[Scored]) -> str:
    """Return a line of SSIM and kilobytes for each kind of file; a star marks a difference to us beyond TOLERANCE."""
    names = list(dict.fromkeys(found.contestant for found in scored))
    lines = [f"Quality: SSIM, kB (equal within {TOLERANCE})" + "".join(f"{name:>20}" for name in names)]
    for spec in dict.fromkeys(found.spec for found in scored):
        line = f"  {spec.edge:>4} {spec.format:<33}"
        row = {found.contestant: found for found in scored if found.spec == spec}
        ours = row[names[0]].ssim
        for name in names:
            mark = "*" if abs(row[name].ssim - ours) > TOLERANCE else " "
            line += f"{row[name].ssim:11.4f}{mark}{row[name].bytes / 1000:6.0f} kB"[:20].rjust(20)
        lines.append(line)
    return "\n".join(lines) + "\n"
