"""Runs programs side by side and tells of each in one line: the machinery of `ops.checks`."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 0.2
TELL_EVERY_SECONDS = 60  # how often progress is a line of its own, where there is no terminal
PATIENCE_SECONDS = 30  # for what was interrupted: a topology stops its servers first
TAIL_BYTES = 4096
_PERCENT = re.compile(r"\[ *(\d+)%\]")
_SUMMARY = re.compile(r"^=+ (.*?)(?:, \d+ deselected)? in [\d.]+s.*=+$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A program that must end with code 0.

    The steps of one `lane` run one after another, the lanes side by side. A step with `niceness` leaves the processor
    to the others where they want it. `environ` is added to this process's own environment.
    """

    name: str
    argv: tuple[str, ...]
    lane: str = "lint"
    niceness: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)


class Run:
    """A step that was started: whether it is over, what it has written, how long it took."""

    def __init__(self, step: Step, folder: Path) -> None:
        self.step = step
        self._began = time.monotonic()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the run
        priority = ("nice", "-n", str(step.niceness)) if step.niceness else ()
        self._process = subprocess.Popen(
            (*priority, *step.argv),
            cwd=folder,
            env={**os.environ, **step.environ},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, which can be ended as a whole
        )
        self.seconds = 0.0
        self._text = ""  # all that it wrote, once it is over

    def is_over(self) -> bool:
        """Return whether the program has ended. Its clock stops and its output is read the first time that it has."""
        if self._process.poll() is None:
            return False
        if not self._log.closed:
            self.seconds = time.monotonic() - self._began
            self._text = self.output()
            self._log.close()
        return True

    @property
    def has_failed(self) -> bool:
        return bool(self._process.returncode)

    def output(self, last_bytes: int | None = None) -> str:
        """Return what the program has written, or the end of it. Does not move the program's place in the file."""
        if self._log.closed:
            return self._text
        size = os.fstat(self._log.fileno()).st_size
        start = 0 if last_bytes is None else max(0, size - last_bytes)
        return os.pread(self._log.fileno(), size - start, start).decode(errors="replace")

    def progress(self) -> str:
        """Return the step's name and, for pytest, how much of it is done."""
        percents = _PERCENT.findall(self.output(TAIL_BYTES))
        return f"{self.step.name} {percents[-1]} %" if percents else self.step.name

    def line(self) -> str:
        """Return the one line about a step that is over."""
        counts = _SUMMARY.findall(self.output(TAIL_BYTES))
        mark = "✗" if self.has_failed else "✓"
        return f"{mark} {self.step.name:<12} {self.seconds:6.1f} s  {counts[-1] if counts else ''}".rstrip()

    def kill(self) -> None:
        """Interrupt the program and all that it has started, as Ctrl-C does; kill what does not end by itself."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        number = int(signal.SIGINT)
        with contextlib.suppress(ProcessLookupError):  # nothing of the group is left
            while True:
                os.killpg(self._process.pid, number)
                time.sleep(POLL_SECONDS)
                self._process.poll()
                number = signal.SIGKILL if time.monotonic() > deadline else 0
        self._log.close()


class Screen:
    """Lines about steps that are over, and below them one about those that run.

    That last line is rewritten on a terminal; anywhere else it comes once a minute.
    """

    def __init__(self) -> None:
        self._is_live = sys.stdout.isatty()
        self._began = self._told_at = time.monotonic()

    def say(self, text: str) -> None:
        """Print lines that stay."""
        print(f"\r\x1b[2K{text}" if self._is_live else text, flush=True)

    def show(self, running: Sequence[Run]) -> None:
        """Tell how far the running steps are."""
        now = time.monotonic()
        text = f"  {now - self._began:.0f} s: {', '.join(run.progress() for run in running)}"
        if self._is_live:
            print(f"\r\x1b[2K{text}", end="", flush=True)
        elif now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            print(text, flush=True)


def run_all(steps: Sequence[Step], folder: Path) -> list[Run]:
    """Run all steps, lane beside lane, print a line for each and the whole output of those that fail."""
    screen, running, ended = Screen(), list[Run](), list[Run]()
    lanes: dict[str, deque[Step]] = {}
    for step in steps:
        lanes.setdefault(step.lane, deque()).append(step)
    try:
        while running or any(lanes.values()):
            busy = {run.step.lane for run in running}
            running += [
                Run(lane.popleft(), folder) for name, lane in lanes.items() if lane and name not in busy
            ]
            time.sleep(POLL_SECONDS)
            for run in [each for each in running if each.is_over()]:
                running.remove(run)
                ended.append(run)
                screen.say(run.line() + (f"\n{run.output().rstrip()}" if run.has_failed else ""))
            if running:
                screen.show(running)
    finally:
        for run in running:  # Ctrl-C, or a termination
            run.kill()
    return ended
