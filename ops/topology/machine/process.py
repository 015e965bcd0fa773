"""Processes: starting them so that they die with the supervisor, recognising them again, killing all in a folder."""

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
    """Return a command that gets `death_signal` when the supervisor dies; `argv` itself where there is no `setpriv`."""
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
    """Run a program to its end and return its output. Raises Trouble with its last lines when it fails."""
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
        message = f"{_program(argv)} ended with {ending(process.returncode)}:\n{last_lines(text)}"
        raise Trouble(f"{message}\n{diagnosis.cure(text)}".rstrip())
    return text


def kill_group(pid: int) -> None:
    """Kill a program with its process group: the workers of a killed master would hold its ports."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def kill_all_in(folder: Path, *, patience_seconds: float = 5.0) -> bool:
    """Kill every process whose working directory is in a folder, frozen ones too; return whether none is left.

    PostgreSQL's backends have sessions of their own, so killing their parent's group does not reach them. Repeated
    until there is none: a process may have started another just before it was killed.
    """
    deadline = time.monotonic() + patience_seconds
    while pids := processes_in(folder):
        if time.monotonic() > deadline:
            return False
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return True


def processes_in(folder: Path) -> list[int]:
    """Return the pids, without zombies, whose working directory is `folder` or below; empty without /proc."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                pids.append(int(entry.name))
    return pids


def is_frozen(pid: int) -> bool:
    """Return whether a signal such as SIGSTOP has stopped a process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in "Tt"


def ending(code: int) -> str:
    """Return how a process ended: `code 1`, `SIGKILL`."""
    return f"code {code}" if code >= 0 else signal.Signals(-code).name


def last_lines(text: str, count: int = LAST_LINES) -> str:
    return "\n".join(text.rstrip().splitlines()[-count:])


@dataclass(frozen=True)
class Identity:
    """A pid with the time at which its process started: the kernel never gives both to another process."""

    pid: int
    started: str

    @classmethod
    def find(cls, pid: int) -> "Identity | None":
        """Return the identity of a running process; None when it is dead or a zombie."""
        started = _start_of(pid)
        return cls(pid, started) if started else None

    @classmethod
    def read(cls, path: Path) -> "Identity | None":
        """Return the identity in a pid file; None when the file is damaged."""
        pid, _, started = path.read_text(encoding="utf-8").strip().partition(" ")
        return cls(int(pid), started) if pid.isdecimal() and started else None

    def write(self, path: Path) -> None:
        """Write the pid file."""
        path.write_text(f"{self.pid} {self.started}\n", encoding="utf-8")

    def is_running(self) -> bool:
        """Return whether this very process still runs, and not another with its pid."""
        return Identity.find(self.pid) == self


def is_running_with(pid: int, argument: str) -> bool:
    """Return whether a process runs whose command line holds `argument`; without /proc, whether it runs at all."""
    command = Path(f"/proc/{pid}/cmdline")
    if Identity.find(pid) is None:
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
    fields = stat.rpartition(")")[
        2
    ].split()  # after the command's name, which may hold spaces and parentheses
    return "" if fields[0] in "ZX" else fields[19]


def _program(argv: Sequence[str]) -> str:
    """Return the name of the program behind its wrappers."""
    wrappers = {"unshare", "setpriv"}
    names = [Path(part).name for part in argv if not part.startswith("-")]
    return next((name for name in names if name not in wrappers), names[0])
