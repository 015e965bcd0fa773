"""A site in a process of its own, which tests may break."""

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 120
BACK_SECONDS = 60
Status = dict[str, dict[str, Any]]


class Running:
    """A supervisor in a process of its own, and its command line."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait for `ready.json`."""
        (self.var / "ready.json").unlink(missing_ok=True)  # of one that was killed
        argv = [sys.executable, "-m", "ops.topology", "up", "--var", str(self.var)]
        argv += ["--ports", "free", "--fast", "--workers", "1"]
        with (self.var.parent / "output").open("w") as output:
            self.process = subprocess.Popen(argv, stdout=output, stderr=output, text=True)
        deadline = time.monotonic() + START_SECONDS
        while not (self.var / "ready.json").exists():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def stop(self) -> int:
        """Send SIGINT and return the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def output(self) -> str:
        return (self.var.parent / "output").read_text()

    def facts(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "ready.json").read_text()))

    def ask(self, *arguments: str) -> str:
        argv = [sys.executable, "-m", "ops.topology", "--var", str(self.var), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=90, check=False)
        return done.stdout + done.stderr

    def status(self) -> Status:
        return {each["name"]: each for each in json.loads(self.ask("status", "--json"))}

    def wait_until(self, holds: Callable[[Status], bool]) -> Status:
        """Ask for the status until the condition holds, and return it."""
        deadline = time.monotonic() + BACK_SECONDS
        while not holds(status := self.status()):
            assert time.monotonic() < deadline, {name: each["state"] for name, each in status.items()}
            time.sleep(0.1)
        return status

    def wait_until_all_ready(self) -> Status:
        return self.wait_until(lambda status: {each["state"] for each in status.values()} == {"ready"})

    def get(self, url: str = "") -> int:
        try:
            with urllib.request.urlopen(url or f"{self.facts()['url']}/livez", timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @contextmanager
    def visitors(self) -> Iterator[list[int]]:
        """Request a page again and again while the block runs; yields the growing list of statuses."""
        statuses: list[int] = []
        is_over = threading.Event()
        url = f"{self.facts()['url']}/livez"

        def visit() -> None:
            while not is_over.is_set():
                statuses.append(self.get(url))

        visitor = threading.Thread(target=visit)
        visitor.start()
        yield statuses
        is_over.set()
        visitor.join()
