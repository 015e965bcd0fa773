"""One Chromium for each process of a test run, and the event loop that speaks with it.

Playwright's loop runs in a greenlet of the tests' own thread. Once started, it counts as running in that thread even
while it is not its turn, and Django refuses to ask a database beside a running loop. So the loop is put aside between
the modules that look at pages, instead of ending the browser with each of them.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

# The shell is the same browser without its windows: it takes a fifth less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox inside a container run as root; the rest keeps Chromium from asking the world for things.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Driver:
    """Playwright, started; speak with its browsers inside of `listening` only."""

    def __init__(self) -> None:
        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let the loop be this thread's running one for a while."""
        asyncio._set_running_loop(self._loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)

    def launch(self, flags: list[str]) -> Browser:
        """Start this machine's Chromium, headless."""
        program = next(filter(None, map(shutil.which, NAMES)), None)
        assert program, "Chromium is missing: apt-get install chromium"
        return self._playwright.chromium.launch(executable_path=program, args=flags)

    def stop(self) -> None:
        """End Playwright and all browsers."""
        self._playwright.stop()


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """Playwright, for as long as this process tests."""
    started = Driver()
    yield started
    with started.listening():
        started.stop()


@pytest.fixture(scope="session")
def only_browser(driver: Driver) -> Browser:
    """The browser of `chromium`; it ends with Playwright."""
    with driver.listening():
        return driver.launch(FLAGS)


@pytest.fixture(scope="module")
def chromium(driver: Driver, only_browser: Browser) -> Iterator[Browser]:
    """The browser of this process, ready to be spoken with. Each test opens a context of its own."""
    with driver.listening():
        yield only_browser
