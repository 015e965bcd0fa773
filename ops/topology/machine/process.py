"""Processes: starting them on a leash, knowing them again, and running tools to their end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.topology.machine import diagnosis
from ops.topology.machine.layout import CHECKOUT
from ops.topology.machine.trouble import Trouble

LAST_LINES = 8


def leash(argv: Sequence[str | Path], *, death_signal: str = "TERM") -> list[str]:
    """The command that gets `death_signal` when the supervisor dies; just `argv` where that cannot be."""
    prefix = ["setpriv", f"--pdeathsig={death_signal}"] if shutil.which("setpriv") else []
    return prefix + [str(part) for part in argv]


async def spawn(argv: Sequence[str], *, log: Path, environ: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start a program in a session of its own, so that Ctrl-C reaches only the supervisor."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environ),
            cwd=CHECKOUT,
            start_new_session=True,
        )


async def run_tool(argv: Sequence[str], *, environ: Mapping[str, str], stdin: str = "") -> str:
    """Run a program to its end and return what it printed; Trouble with its last lines when it fails."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environ),
        cwd=CHECKOUT,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate(stdin.encode())
    except asyncio.CancelledError:
        kill_group(process.pid)
        await process.wait()
        raise
    text = output.decode(errors="replace")
    if process.returncode:
        said = f"{_program(argv)} ended with {ending(process.returncode)}:\n{last_lines(text)}"
        raise Trouble(f"{said}\n{diagnosis.cure(text)}".rstrip())
    return text


def kill_group(pid: int) -> None:
    """Kill a program with all its descendants: a killed master leaves workers that hold its ports."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_all_in(folder: Path, *, patience_seconds: float = 5.0) -> bool:
    """Kill every process that works in a folder or below, frozen ones too; whether none is left.

    PostgreSQL's backends have sessions of their own, so the group of their parent does not reach them. Repeated until
    nobody is found: who is killed may just have started another.
    """
    deadline = time.monotonic() + patience_seconds
    while found := processes_in(folder):
        if time.monotonic() > deadline:
            return False
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return True


def processes_in(folder: Path) -> list[int]:
    """The processes, no zombies, whose working directory is `folder` or below; none where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def is_frozen(pid: int) -> bool:
    """Whether a signal has stopped a process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in "Tt"


def ending(code: int) -> str:
    """How a process ended, in words: `code 1`, `SIGKILL`."""
    return f"code {code}" if code >= 0 else signal.Signals(-code).name


def last_lines(text: str, count: int = LAST_LINES) -> str:
    return "\n".join(text.rstrip().splitlines()[-count:])


@dataclass(frozen=True)
class Identity:
    """A pid with the moment its process started: together they are never used twice."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The identity of a process that runs now; None for a dead one or a zombie."""
        started = _start_of(pid)
        return cls(pid, started) if started else None

    @classmethod
    def read(cls, path: Path) -> "Identity | None":
        """The identity written in a pid file; None when the file is damaged."""
        pid, _, started = path.read_text(encoding="utf-8").strip().partition(" ")
        return cls(int(pid), started) if pid.isdecimal() and started else None

    def write(self, path: Path) -> None:
        path.write_text(f"{self.pid} {self.started}\n", encoding="utf-8")

    def is_running(self) -> bool:
        return Identity.of(self.pid) == self


def is_running_with(pid: int, argument: str) -> bool:
    """Whether a process runs, no zombie, whose command line holds `argument`; without /proc, whether it runs."""
    command = Path(f"/proc/{pid}/cmdline")
    if Identity.of(pid) is None:
        return False
    return argument.encode() in command.read_bytes() if command.exists() else True


def _start_of(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return _start_from_proc(pid)
    listing = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = listing.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def _start_from_proc(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the command's name may hold spaces and parentheses
    return "" if fields[0] in "ZX" else fields[19]


def _program(argv: Sequence[str]) -> str:
    """The program behind the wrappers, for a message."""
    wrappers = {"unshare", "setpriv"}
    names = [Path(part).name for part in argv if not part.startswith("-")]
    return next((name for name in names if name not in wrappers), names[0])
