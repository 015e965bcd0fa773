"""A topology for a drill: its own folder and ports, gone afterwards."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.topology.conftest import Topology

START_SECONDS = 120


class NotStarted(Exception):
    """The topology did not become ready; the message is what it said."""


@contextmanager
def started(*options: str) -> Iterator[Topology]:
    """Start a topology, yield it, stop and remove it. Raises NotStarted."""
    var = Path(tempfile.mkdtemp(prefix="tessera-drill-", dir="/tmp"))
    with (var / "up.txt").open("w") as output:
        argv = [
            sys.executable,
            "-m",
            "ops.topology",
            "--var",
            str(var),
            "up",
            "--ports",
            "free",
            "--fast",
            *options,
        ]
        process = subprocess.Popen(argv, stdout=output, stderr=output)
        try:
            yield _when_ready(process, var)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(var, ignore_errors=True)


def _when_ready(process: "subprocess.Popen[bytes]", var: Path) -> Topology:
    deadline = time.monotonic() + START_SECONDS
    while not (var / "ready.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotStarted((var / "up.txt").read_text())
        time.sleep(0.1)
    facts = json.loads((var / "ready.json").read_text())
    return Topology(var, facts["url"], facts["cdn"], facts["upload"])
