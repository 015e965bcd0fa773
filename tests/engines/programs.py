"""Programs that a browser needs, started in a process group of their own and ended with all that they started."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

START_SECONDS = 30


class Program:
    """A running program; its output is in the file `log`."""

    def __init__(self, argv: Sequence[str], log: Path, **environ: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **environ},
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        """End it with its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def wait_for(pattern: str, program: Program) -> str:
    """Wait until a program prints what matches; return its group."""
    until = time.monotonic() + START_SECONDS
    while not (found := re.search(pattern, program.output(), re.MULTILINE)):
        assert program.is_running, program.output()
        assert time.monotonic() < until, program.output()
        time.sleep(0.02)
    return found.group(1)


def free_port() -> int:
    """Return a TCP port that no program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
