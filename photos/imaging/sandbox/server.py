"""The sandbox's server: a process that has imported all codecs and forks a job for each photo.

Such a warm process, made only to be forked, is called a zygote.

    worker ── control socket ──> zygote ── fork ──> keeper ── fork ──> job (limited; decodes and encodes)

It is started with a bare environment and no open file but its socket, so a job that is taken over by its picture finds
no password, no connection and no file to write to. When the worker ends, the socket closes and the zygote ends, too.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from PIL import Image

from photos.imaging.dimensions import MAX_PIXELS
from photos.imaging.edits import Edits
from photos.imaging.rejections import Rejected
from photos.imaging.render import render, verify
from photos.imaging.results import Rendered
from photos.imaging.sandbox import response
from photos.imaging.sandbox.request import Request

_OPEN_FILES: Final = 64
_LONGEST_REQUEST: Final = 65_536
_FIRST_TO_DIE: Final = b"900"


def serve(control: socket.socket) -> None:
    """Fork a keeper for each request until the worker closes its end."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, _LONGEST_REQUEST, 3)
        if not message:
            return
        # When processes or memory run out, the worker sees its pipes close without a response and tries again.
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                control.close()
                _without_return(_keep, json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(message: dict[str, Any], original: int, answer: int, verdict: int) -> None:
    """Run one job in a child; kill it at its time limit or when the worker has left; report how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    started = time.monotonic()
    job = os.fork()
    if job == 0:
        os.close(verdict)
        _without_return(_work, message, original, answer)
    os.close(original)
    os.close(answer)
    is_late = _wait(job, verdict, message["wall_seconds"])
    _, status, usage = os.wait4(job, 0)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    ending = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "is_late": is_late or cpu_seconds > message["cpu_seconds"],
        "cpu_seconds": cpu_seconds,
        "wall_seconds": time.monotonic() - started,
        "peak_rss_bytes": usage.ru_maxrss * 1024,
    }
    with contextlib.suppress(BrokenPipeError):
        os.write(verdict, json.dumps(ending).encode())


def _wait(job: int, verdict: int, wall_seconds: float) -> bool:
    """Wait for the job. Kill it when time is up (and return True) or when the worker has closed its end (False)."""
    descriptor = os.pidfd_open(job)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.register(verdict, 0)  # reports only that the reading end is gone
    events = dict(poll.poll(wall_seconds * 1000))
    if descriptor not in events:
        os.kill(job, signal.SIGKILL)
    return not events


def _work(message: dict[str, Any], original: int, answer: int) -> None:
    _limit(message)
    result = _result(message, original)
    with os.fdopen(answer, "wb") as pipe:
        pipe.write(result)


def _limit(limits: dict[str, Any]) -> None:
    cpu = limits["cpu_seconds"]
    for what, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    with contextlib.suppress(
        OSError
    ):  # if memory runs out, the kernel is to kill a job rather than a database
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_DIE)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # codecs print warnings
        os.dup2(nothing, stream)


def _result(message: dict[str, Any], original: int) -> bytes:
    try:
        with os.fdopen(original, "rb") as file:
            file.seek(0)
            return response.dump(_render_verified(file.read(), Request.parse(message), message["max_pixels"]))
    except Rejected as rejected:
        return response.dump_rejected(rejected)
    except MemoryError:
        return response.dump_rejected(Rejected("out_of_memory"))
    except Exception:  # noqa: BLE001 - the edge of a process: the worker gets the traceback and raises it
        return response.dump_failure(traceback.format_exc())


def _render_verified(original: bytes, request: Request, max_pixels: int = MAX_PIXELS) -> Rendered:
    edits = _edits(request.edits) if request.edits else None
    rendered = render(
        original,
        specs=request.specs,
        edits=edits,
        credit=request.credit,
        place=request.place,
        max_pixels=max_pixels,
    )
    xmp = request.credit.xmp() if request.credit else b""
    for rendition in rendered.renditions:
        verify(rendition.data, rendition.spec, (rendition.width, rendition.height), xmp)
    return rendered


def _edits(value: Mapping[str, Any]) -> Edits | None:
    edits = Edits.parse(value)
    return None if edits.is_identity else edits


def _without_return(run: Callable[..., None], *arguments: Any) -> NoReturn:
    """Run in a forked child, then exit: it must not return into the loop of its parent."""
    try:
        run(*arguments)
    except BaseException:  # noqa: BLE001 - the edge of a process: nothing above could handle it
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _warm_up() -> None:
    """Load every codec once, so that jobs share its memory, and keep the garbage collector from writing to that."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "JPEG")
    render(picture.getvalue())
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are not waited for
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _warm_up()
    serve(socket.socket(fileno=int(sys.argv[1])))
