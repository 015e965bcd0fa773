"""A site for tests and drills, with a folder and ports of its own, removed afterwards."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 120


@dataclass
class Topology:
    """A running site: its addresses, and the commands that an operator has."""

    var: Path
    site: str
    cdn: str
    upload: str

    def run(self, *arguments: str) -> str:
        """Run `python -m ops.topology …` and return what it prints."""
        argv = [sys.executable, "-m", "ops.topology", "--var", str(self.var), *arguments]
        return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stdout

    def manage(self, *arguments: str, text: str = "", seconds: float = 60) -> str:
        """Run `manage.py …` against this site and return what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds,
            input=text or None,
            env=self.environment(),
        ).stdout

    def status(self) -> dict[str, dict[str, Any]]:
        """Return {name: facts} of all components."""
        return {each["name"]: each for each in json.loads(self.run("status", "--json"))}

    def wait_until_ready(self, name: str, seconds: float = 60) -> None:
        """Wait for a component that was killed or restarted."""
        deadline = time.monotonic() + seconds
        while self.status()[name]["state"] != "ready":
            assert time.monotonic() < deadline, f"{name} is not ready: {self.status()[name]}"
            time.sleep(0.2)

    def logged(self, pattern: str, request_ids: Container[str] | None = None) -> list[dict[str, Any]]:
        """Return the JSON log lines of all components whose file name matches the glob, or those of some requests."""
        texts = [log.read_text() for log in self.var.glob(f"log/{pattern}.log")]
        # A last line without its end is still being written.
        whole = (line for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n"))
        lines = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in lines if request_ids is None or line.get("request_id") in request_ids]

    def environment(self) -> dict[str, str]:
        """Return an environment in which manage.py finds this site and not the fast tier's servers."""
        names = {line.partition("=")[0] for line in (self.var / "env").read_text().splitlines()}
        kept = {name: value for name, value in os.environ.items() if name not in names}
        return kept | {"TESSERA_VAR": str(self.var)}


class NotStarted(Exception):
    """The site did not become ready; the message is its output."""


@contextmanager
def started(*options: str) -> Iterator[Topology]:
    """Start a site, yield it, stop and remove it. Raises NotStarted."""
    with folder() as var, running_on(var, *options) as topology:
        yield topology


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder on which a site can be started several times; it is removed afterwards."""
    var = Path(tempfile.mkdtemp(prefix="tessera-topology-", dir="/tmp"))
    try:
        yield var
    finally:
        if os.environ.get("KEEP_TOPOLOGY"):
            print(f"The topology's data and logs are kept in {var}")
        else:
            shutil.rmtree(var, ignore_errors=True)


@contextmanager
def running_on(var: Path, *options: str, is_fast: bool = True) -> Iterator[Topology]:
    """Start a site on a folder, without fsync if `is_fast`; yield it and stop it. Raises NotStarted."""
    argv = [sys.executable, "-m", "ops.topology", "--var", str(var)]
    argv += ["up", "--ports", "free", *(["--fast"] if is_fast else []), *options]
    with (var / "up.txt").open("w") as output:
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


def _when_ready(process: "subprocess.Popen[bytes]", var: Path) -> Topology:
    deadline = time.monotonic() + START_SECONDS
    while not (var / "ready.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotStarted((var / "up.txt").read_text())
        time.sleep(0.1)
    facts = json.loads((var / "ready.json").read_text())
    return Topology(var, facts["url"], facts["cdn"], facts["upload"])
