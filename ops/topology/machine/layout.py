"""Paths of a local site: `var` for what survives a restart, and a private folder for sockets."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.topology.machine import unprivileged
from ops.topology.machine.trouble import Trouble

CHECKOUT = Path(__file__).resolve().parents[3]
SOCKET_PATH_BYTES = 103  # sun_path on macOS; Linux has 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5440.lock"
LOW_DISK_BYTES = 1_500_000_000  # SeaweedFS refuses writes below 1 GiB
LOG_BYTES = 20_000_000


@dataclass(frozen=True)
class Layout:
    """The files of one site. `var` may be moved: what holds its absolute path is written again at each start."""

    var: Path

    @property
    def run(self) -> Path:
        """The folder of sockets, mode 0700: below `var`, or in /tmp when the paths would be too long for the kernel."""
        inside = self.var / "run"
        if len(os.fsencode(inside / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return inside
        digest = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:8]
        return Path("/tmp") / f"tessera-{os.getuid()}-{digest}"  # noqa: S108 - TMPDIR may be long and varies

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def pids(self) -> Path:
        return self.run / "pids"

    @property
    def control(self) -> Path:
        return self.run / "control.sock"

    @property
    def ready(self) -> Path:
        """Addresses, sign-in and pids: written when everything is ready, removed at the stop."""
        return self.var / "ready.json"

    @property
    def environment(self) -> Path:
        return self.var / "env"

    @property
    def ports(self) -> Path:
        return self.var / "ports.json"

    @property
    def shape(self) -> Path:
        """The PostgreSQL servers and their roles (`site/shape.py`)."""
        return self.var / "shape.json"

    @property
    def passwords(self) -> Path:
        """The password file that PostgreSQL's replicas and tools read."""
        return self.run / "pgpass"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def postgres(self, name: str) -> Path:
        return self.var / "postgres" / name

    def socket(self, name: str) -> Path:
        return self.run / f"{name}.sock"

    def make(self) -> None:
        """Make the folders. Raises Trouble when another user owns or may enter the `run` folder."""
        for folder in (self.var, self.logs, self.var / "postgres", self.run, self.pids):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = self.run.stat(follow_symlinks=False)
        if about.st_uid not in unprivileged.owners() or about.st_mode & 0o077:
            raise Trouble(
                f"{self.run} is not private to this user: it is another user's, or others may enter it.\n"
                "Remove it and start again."
            )

    def check_disk(self) -> None:
        """Raise Trouble when the disk has too little room for uploads."""
        free = free_bytes(self.var)
        if free < LOW_DISK_BYTES:
            raise Trouble(low_disk_message(self.var, free))

    def rotate_logs(self) -> None:
        """Rename each log beyond LOG_BYTES; one older generation is kept."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))

    def remove(self) -> None:
        """Remove all data. Raises Trouble while a site runs on it."""
        with self.locked():
            shutil.rmtree(self.run, ignore_errors=True)
            shutil.rmtree(self.var)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of a running site, which the kernel releases when the holder dies. Raises Trouble if held."""
        self.var.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.var / "lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise Trouble(_already_runs_message(self.var, lock.read().strip())) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield


def default_var() -> Path:
    return Path(os.environ.get("TESSERA_VAR") or CHECKOUT / "var").absolute()


def as_typed(path: Path) -> str:
    """Return a path as an operator types it: relative when it lies below the working directory."""
    current = Path.cwd()
    return str(path.relative_to(current)) if path.is_relative_to(current) else str(path)


def free_bytes(path: Path) -> int:
    return shutil.disk_usage(path).free


def low_disk_message(path: Path, free: int) -> str:
    return (
        f"Only {free / 1e9:.1f} GB are free for {path}; uploads need {LOW_DISK_BYTES / 1e9:.1f} GB.\n"
        "Free some space, or put the data on another disk: TESSERA_VAR=/another/disk make up"
    )


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600, atomically."""
    descriptor, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )  # mkstemp creates it with mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


def _already_runs_message(var: Path, pid: str) -> str:
    return (
        f"A site already runs on {var} (pid {pid or 'unknown'}).\n"
        "`python -m ops.topology status` shows it; Ctrl-C in its terminal, or `… down`, stops it."
    )
