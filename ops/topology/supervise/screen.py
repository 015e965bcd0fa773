"""The terminal: a live line per component while the site starts, then a line for each event."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from ops.topology.site.spec import Spec, State

MARKS = {State.READY: "✓", State.DONE: "✓", State.FAILED: "✗", State.RESTARTING: "↻"}
COLOURS = {State.READY: "32", State.DONE: "32", State.FAILED: "31", State.RESTARTING: "33"}
PENDING, DIM = "·", "2"
SETTLED = {State.READY, State.DONE, State.FAILED}


class Displayed(Protocol):
    """The part of a component that the screen displays."""

    spec: Spec
    state: State


@dataclass
class Screen:
    """Redraws lines in place on a terminal, and prints plain lines to a pipe or a file."""

    output: TextIO = field(default_factory=lambda: sys.stdout)
    began: float = field(default_factory=time.monotonic)
    _begun_at: dict[str, float] = field(default_factory=dict)
    _took: dict[str, float] = field(default_factory=dict)
    _drawn: int = 0
    _is_starting: bool = True

    def note(self, component: Displayed) -> None:
        """Record a component's new state; without a terminal, print its line once it has settled."""
        name, now = component.spec.name, time.monotonic()
        if component.state is State.PREPARING:
            self._begun_at.setdefault(name, now)
        if component.state in SETTLED and name not in self._took:
            self._took[name] = now - self._begun_at.get(name, now)
            if self._is_starting and not self._can_redraw(1):
                self._print(row(component, self._took[name], has_colour=False))

    def draw(self, components: Iterable[Displayed]) -> None:
        """Redraw the lines of all components in place, if the terminal can and has enough lines."""
        rows = [row(each, self._seconds(each), has_colour=self._has_colour) for each in components]
        if not self._is_starting or not self._can_redraw(len(rows)):
            return
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._print(up + "\n".join(f"\x1b[2K{line}" for line in rows))
        self._drawn = len(rows)

    def say(self, text: str) -> None:
        """Print a line that stays; the lines of the components are drawn again below it."""
        if self._drawn:
            self._print(f"\x1b[{self._drawn}A\x1b[J", end="")
            self._drawn = 0
        self._print(text)

    def finish_start(self, summary: str) -> None:
        """Print the summary; from here on only plain lines are printed."""
        self._is_starting, self._drawn = False, 0
        self._print(f"\n{summary}\n")

    def stamp(self, text: str) -> None:
        """Print an event, with the time of day once the start is over."""
        self.say(text if self._is_starting else f"{time.strftime('%H:%M:%S')}  {text}")

    @property
    def _has_colour(self) -> bool:
        return self.output.isatty() and "NO_COLOR" not in os.environ

    def _can_redraw(self, rows: int) -> bool:
        is_capable = self.output.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        return is_capable and shutil.get_terminal_size().lines > rows

    def _seconds(self, component: Displayed) -> float | None:
        name = component.spec.name
        if name in self._took:
            return self._took[name]
        begun = self._begun_at.get(name)
        return None if begun is None else time.monotonic() - begun

    def _print(self, text: str, end: str = "\n") -> None:
        encoding = self.output.encoding or "ascii"
        with contextlib.suppress(
            OSError
        ):  # the terminal or pipe is gone: that must not keep the site from stopping
            self.output.write(text.encode(encoding, "replace").decode(encoding) + end)
            self.output.flush()


def row(component: Displayed, seconds: float | None, *, has_colour: bool) -> str:
    """Return one line: mark, name, role, state, seconds."""
    spec, state = component.spec, component.state
    what = f"{state}" if state is not State.WAITING or not spec.needs else f"waiting for {spec.needs[0]}"
    took = "" if seconds is None else f"{seconds:5.1f} s"
    line = f"  {MARKS.get(state, PENDING)} {spec.name:<18} {spec.role:<10} {what:<20} {took}".rstrip()
    return f"\x1b[{COLOURS.get(state, DIM)}m{line}\x1b[0m" if has_colour else line
