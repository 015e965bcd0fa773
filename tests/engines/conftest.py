"""Windows of each engine, with what keeps their processes apart from the tests."""

from collections.abc import Callable, Iterator

import pytest

from tests.engines.chromium_window import Chromium
from tests.engines.firefox import Firefox, FirefoxWindow
from tests.engines.line import Line
from tests.engines.webkit import WebKit
from tests.engines.window import Window

ENGINES = ("chromium", "firefox", "webkit")


@pytest.fixture(scope="session")
def only_line() -> Iterator[Line]:
    """The way of all windows to the network."""
    new = Line()
    yield new
    new.close()


@pytest.fixture
def line(only_line: Line) -> Iterator[Line]:
    """The same, whole and fast."""
    yield only_line
    only_line.mend()


@pytest.fixture(scope="session")
def firefox(only_line: Line) -> Iterator[Firefox]:
    """The Firefox of this process."""
    started = Firefox(only_line)
    yield started
    started.close()


@pytest.fixture(params=ENGINES)
def window(request: pytest.FixtureRequest, line: Line) -> Iterator[Window]:
    """A window of each engine in turn, as on the first day: no cookies, nothing stored."""
    browsers: dict[str, Callable[[], Window]] = {
        "chromium": lambda: Chromium(request.getfixturevalue("chromium"), line),
        "firefox": lambda: FirefoxWindow(request.getfixturevalue("firefox")),
        "webkit": lambda: WebKit(line),
    }
    opened = browsers[request.param]()
    yield opened
    opened.close()
