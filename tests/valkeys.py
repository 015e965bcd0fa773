"""A Valkey of a test's own: killed, frozen and woken as the test likes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from ops.topology.machine import binaries


class Valkey:
    """One server on a socket in a directory of its own."""

    def __init__(self, run: Path, *options: str) -> None:
        self.options = options
        self.socket = run / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait for its first answer."""
        argv = [str(binaries.valkey()), "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        argv += self.options
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.answers():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it takes connections."""
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def freeze(self) -> None:
        """Stop it in its tracks; its sockets stay open."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def valkey(*options: str) -> Iterator[Valkey]:
    """Run a Valkey. Not under pytest's own path: a socket's address may have 107 bytes."""
    run = Path(tempfile.mkdtemp(prefix="tessera-valkey-", dir="/tmp"))
    server = Valkey(run, *options)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(run, ignore_errors=True)
