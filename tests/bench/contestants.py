"""The contestants, each in a process of its own that stays warm between rounds."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.bench import npm

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
OURS, FLOOR, PYVIPS, SHARP = "ours", "codecs alone", "pyvips", "sharp"
_ONE_THREAD: Final = {"VIPS_CONCURRENCY": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass
class Contestant:
    """A program that reads a photo's path and makes its files."""

    name: str
    argv: list[str]
    environ: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    def run(self, photo: Path, out: Path | None = None) -> float:
        """Return the CPU seconds for one photo; the files are kept in `out`."""
        process = self._process = self._process or self.started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError(self.name)
        process.stdin.write(json.dumps({"path": str(photo), "out": str(out or "")}) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended with {process.wait()}")
        return float(json.loads(answer)["cpu_seconds"])

    def started(self) -> subprocess.Popen[str]:
        """Start and return a new process."""
        return subprocess.Popen(
            self.argv,
            cwd=ROOT,
            env=os.environ | _ONE_THREAD | self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def stop(self) -> None:
        """End its process; the next run starts another."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def contestants(work: Path) -> list[Contestant]:
    """Return the contestants that can run here; print why others cannot."""
    runnable = [_python(OURS, "ours"), _python(FLOOR, "floor")]
    if importlib.util.find_spec("pyvips"):
        runnable.append(_python(PYVIPS, "libvips"))
    else:
        print("pyvips is not installed: `make bench` installs it.")
    modules = npm.ensure("sharp", HERE, work / "npm")
    if modules:
        runnable.append(Contestant(SHARP, ["node", str(HERE / "sharp.cjs")], {"NODE_PATH": str(modules)}))
    return runnable


def _python(name: str, module: str) -> Contestant:
    return Contestant(name, [sys.executable, "-m", f"tests.bench.{module}"])
