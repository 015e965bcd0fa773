"""The sandbox's client: render photos in child processes with limited memory, CPU time, wall time and access.

A time limit of the queue cannot interrupt a decoder written in C, and a worker process that dies ends its other jobs,
too. So each photo gets a process of its own, forked in a few milliseconds from a warm process, the zygote
(photos.imaging.sandbox.server). The zygote is a new program with a bare environment: a fork of the worker would inherit
its database connections, secrets and held locks. Linux only.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from photos.imaging.dimensions import MAX_PIXELS
from photos.imaging.metadata.credit import Credit
from photos.imaging.rejections import Rejected
from photos.imaging.renditions import ALL, Spec
from photos.imaging.results import Cost, Rendered
from photos.imaging.sandbox import response
from photos.imaging.sandbox.request import Request

_ROOT: Final = Path(__file__).resolve().parents[3]
_INHERITED: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG")
_SINGLE_THREADED: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_MOST_ANSWER_BYTES: Final = 64_000_000
_GRACE_SECONDS: Final = 15  # for the start of the zygote and the keeper's report
_ATTEMPTS: Final = 2
_POLL_SECONDS: Final = 1.0  # how soon a thread notices that its worker is shutting down


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one job. The memory is address space, enough for a PNG of `max_pixels`."""

    memory_bytes: int = 2_500_000_000
    cpu_seconds: int = 30
    wall_seconds: float = 120.0
    max_pixels: int = MAX_PIXELS


class SandboxError(Exception):
    """The job failed for a reason that is not the photo's: try again."""


def run_render(
    original: bytes | Path,
    *,
    specs: Collection[Spec] | None = None,
    edits: Mapping[str, Any] | None = None,
    credit: Credit | None = None,
    place: str = "",
    limits: Limits | None = None,
) -> Rendered:
    """Render and verify one original in a child process. Callable from any thread.

    Makes those of `specs` (default: all) that a photo of its size gets. `edits` is the JSON object of Edits, checked
    by the caller. `place` is the exactness with which the place is read (photos.imaging.metadata.gps); "" for not.

    Raises Rejected for the photo's faults (also "timed_out" and "out_of_memory"), SandboxError for ours.
    """
    limits = limits or Limits()
    request = Request(ALL if specs is None else frozenset(specs), edits, credit, place)
    message = json.dumps(asdict(limits) | request.as_json()).encode()
    for _ in range(_ATTEMPTS):
        answer, verdict = _run_job(original, message, limits.wall_seconds)
        if verdict:
            return _outcome(json.loads(verdict), answer, request.specs)
    raise SandboxError("the job's keeper is gone")


def start() -> None:
    """Start the zygote ahead of the first photo, or again if it died."""
    _current()


def stop() -> None:
    """End the zygote. Running jobs finish; the next photo starts a new zygote."""
    with _lock:
        if _zygotes:
            _zygotes.pop().close()


def _run_job(original: bytes | Path, message: bytes, wall_seconds: float) -> tuple[bytes, bytes]:
    """Return the job's answer and its keeper's verdict; the verdict is empty if the zygote died before it forked."""
    with ExitStack() as stack:
        answer, verdict = _start_job(original, message, stack)
        deadline = time.monotonic() + wall_seconds + _GRACE_SECONDS
        return _read(answer, _MOST_ANSWER_BYTES, deadline), _read(verdict, 4096, deadline)


def _start_job(original: bytes | Path, message: bytes, stack: ExitStack) -> tuple[int, int]:
    """Return the reading ends of the pipes for the job's answer and its keeper's verdict; `stack` closes them."""
    answer, answer_end = os.pipe()
    verdict, verdict_end = os.pipe()
    for descriptor in (answer, verdict):
        stack.callback(os.close, descriptor)
    with ExitStack() as given:
        for descriptor in (answer_end, verdict_end):
            given.callback(os.close, descriptor)
        source = _open(original)
        given.callback(os.close, source)
        _send(message, [source, answer_end, verdict_end])
    return answer, verdict


def _open(original: bytes | Path) -> int:
    """Return a descriptor to read the original from. Bytes go through anonymous memory, never through a disk."""
    if isinstance(original, Path):
        return os.open(original, os.O_RDONLY)
    descriptor = os.memfd_create("original")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(original)
    return descriptor


def _read(descriptor: int, most: int, deadline: float) -> bytes:
    """Return all bytes until the other side closes. Raises SandboxError for too many bytes or at the deadline."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    chunks: list[bytes] = []
    length = 0
    while time.monotonic() < deadline:
        if not poll.poll(_POLL_SECONDS * 1000):
            continue
        chunk = os.read(descriptor, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        length += len(chunk)
        if length > most:
            raise SandboxError("the job answers without end")
    raise SandboxError("the job and its keeper are late")


def _outcome(verdict: dict[str, Any], answer: bytes, specs: Collection[Spec] = ALL) -> Rendered:
    exit_code = int(verdict["exit_code"])
    cost = Cost(verdict["cpu_seconds"], verdict["wall_seconds"], verdict["peak_rss_bytes"])
    if verdict["is_late"] or exit_code == -signal.SIGXCPU:
        raise Rejected("timed_out", detail=str(cost))
    if exit_code in (-signal.SIGKILL, -signal.SIGTERM):
        raise SandboxError(f"the job was killed from outside: {cost}")
    if exit_code < 0:
        raise Rejected("unreadable", detail=f"decoder died of {signal.Signals(-exit_code).name}, {cost}")
    try:
        return replace(response.load(answer, specs), cost=cost)
    except response.BadResponse as error:
        raise SandboxError(f"job ended with {exit_code}: {error}") from error


class _Zygote:
    """The zygote of this process. A forked child of this process starts a zygote of its own."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "photos.imaging.sandbox.server", str(theirs.fileno())],
                cwd=_ROOT,
                env=inherited | _SINGLE_THREADED,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C goes to the worker only, which lets its jobs finish
            )
        self._socket = ours
        self._owner_pid = os.getpid()

    @property
    def is_usable(self) -> bool:
        return self._owner_pid == os.getpid() and self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: bytes, descriptors: list[int]) -> None:
        socket.send_fds(self._socket, [message], descriptors)

    def close(self) -> None:
        self._socket.close()
        if self._owner_pid == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)


_lock = threading.Lock()
_zygotes: list[_Zygote] = []  # none or one


def _current() -> _Zygote:
    with _lock:
        if _zygotes and not _zygotes[0].is_usable:
            _zygotes.pop().close()
        if not _zygotes:
            _zygotes.append(_Zygote())
        return _zygotes[0]


def _send(message: bytes, descriptors: list[int]) -> None:
    """Send a job to the zygote; if that has just died, to a new one."""
    try:
        _current().send(message, descriptors)
    except OSError:
        stop()
        try:
            _current().send(message, descriptors)
        except OSError as error:
            raise SandboxError(f"cannot start jobs: {error}") from error


atexit.register(stop)
