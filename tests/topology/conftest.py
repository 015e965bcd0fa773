"""A whole topology of our own: real replicas, Valkeys, S3, edge, pods. Started once; Chromium to look at it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

START_SECONDS = 120
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox inside a container run as root; the rest keeps Chromium from asking the world for things.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything that asks for a topology belongs to the topology tier."""
    for item in items:
        if "topology" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.topology)


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

    def manage(self, *arguments: str, text: str = "") -> str:
        """Run `manage.py …` against this site and return what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
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

    def logged(self, pattern: str) -> list[dict[str, Any]]:
        """Return the JSON log lines of all components whose file name matches the glob."""
        lines = (line for log in self.var.glob(f"log/{pattern}.log") for line in log.read_text().splitlines())
        return [json.loads(line) for line in lines if line.startswith("{")]

    def environment(self) -> dict[str, str]:
        """Return an environment in which manage.py finds this site and not the fast tier's servers."""
        names = {line.partition("=")[0] for line in (self.var / "env").read_text().splitlines()}
        kept = {name: value for name, value in os.environ.items() if name not in names}
        return kept | {"TESSERA_VAR": str(self.var)}


@pytest.fixture(scope="session")
def topology() -> Iterator[Topology]:
    """The shared topology. Tests may kill what restarts by itself, and must leave it ready."""
    var = Path(tempfile.mkdtemp(prefix="tessera-topology-", dir="/tmp"))
    output = (var / "up.txt").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.topology", "--var", str(var), "up", "--ports", "free", "--fast"],
        stdout=output,
        stderr=output,
    )
    try:
        yield _when_ready(process, var)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.close()
        if os.environ.get("KEEP_TOPOLOGY"):
            print(f"The topology's data and logs are kept in {var}")
        else:
            shutil.rmtree(var, ignore_errors=True)


def _when_ready(process: "subprocess.Popen[bytes]", var: Path) -> Topology:
    deadline = time.monotonic() + START_SECONDS
    while not (var / "ready.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The topology did not start:\n{(var / 'up.txt').read_text()}")
        time.sleep(0.1)
    facts = json.loads((var / "ready.json").read_text())
    return Topology(var, facts["url"], facts["cdn"], facts["upload"])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    assert program, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own; every console error and failed page of theirs is kept."""

    context: BrowserContext
    page: Page
    complaints: list[str]


@pytest.fixture
def visitors(chromium: Browser, topology: Topology) -> Iterator[list[Visitor]]:
    """The visitors of one test: append with `visit`, closed at its end."""
    opened: list[Visitor] = []
    yield opened
    for visitor in opened:
        visitor.context.close()


def visit(chromium: Browser, topology: Topology, visitors: list[Visitor], **options: Any) -> Visitor:
    """Open a fresh browser window on the site."""
    context = chromium.new_context(base_url=topology.site, **options)
    page = context.new_page()
    page.set_default_timeout(20_000)
    visitor = Visitor(context, page, [])
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    page.on("console", lambda line: visitor.complaints.append(line.text) if line.type == "error" else None)
    page.on(
        "response", lambda r: visitor.complaints.append(f"{r.status} {r.url}") if r.status >= 500 else None
    )
    visitors.append(visitor)
    return visitor
