"""WebKitGTK, Safari's engine, by WebDriver's classic protocol; it shows its window on an invisible screen."""

import json
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.engines.actions import keyboard, pointer
from tests.engines.line import Line
from tests.engines.programs import Program, free_port, wait_for
from tests.engines.window import Leaving, Point, Window

PYTHON = "/usr/bin/python3"  # the system's, which has the bindings
BROWSER = Path(__file__).with_name("webkit_browser.py")
START_SECONDS = 30
GOING = ("no such window", "no such frame", "stale element reference", "javascript error", "unknown error")
ERROR = re.compile(r"CONSOLE(?: \w+)* ERROR")


class WebKit(Window):
    """A window of WebKitGTK."""

    def __init__(self, line: Line, *, is_private: bool = False) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="tessera-webkit-"))
        self._programs: list[Program] = []
        try:
            self._start(line, "" if is_private else str(self._folder / "profile"))
        except BaseException:  # Ctrl-C too: what was started must not stay
            self.close()
            raise

    def _start(self, line: Line, profile: str) -> None:
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
        display = wait_for(r"^(\d+)$", self._program("xvfb", screen))
        port = free_port()
        environ = {
            "DISPLAY": f":{display}",
            "HOME": str(self._folder),
            "NO_AT_BRIDGE": "1",
            "LANG": "C.UTF-8",
        }
        self._driver = self._program("driver", ["WebKitWebDriver", "-p", str(port)], **environ)
        self._url = f"http://127.0.0.1:{port}/session"
        proxy = f"socks5://127.0.0.1:{line.port}"
        options = {"binary": PYTHON, "args": [str(BROWSER), profile, proxy, "--automation"]}
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._url += "/" + self._begin(asked)["sessionId"]

    def _program(self, name: str, argv: Sequence[str], **environ: str) -> Program:
        assert shutil.which(argv[0]), f"{argv[0]} is missing: apt-get install webkit2gtk-driver xvfb"
        self._programs.append(Program(argv, self._folder / f"{name}.log", **environ))
        return self._programs[-1]

    def _begin(self, asked: dict[str, Any]) -> Any:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ask("", asked)
            except urllib.error.URLError:  # the driver does not listen yet
                assert time.monotonic() < until, self._driver.output()
                time.sleep(0.05)

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        """Send a command, or read with None; return its value. Raises Leaving."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                value = json.load(error)["value"]
            if value["error"] in GOING:
                raise Leaving(value) from None
            raise AssertionError(value) from None
        finally:
            self.complaints[:] = [line for line in self._driver.output().splitlines() if ERROR.search(line)]

    def go(self, url: str) -> None:
        self._ask("/url", {"url": url})

    def back(self) -> None:
        self._ask("/back", {})

    def call(self, function: str, given: str) -> str:
        script = f"const [given, done] = arguments; ({function})(given).then((text) => done({{ text }}),"
        script += " (error) => done({ error: `${error}\\n${error.stack}` }));"
        answer = self._ask("/execute/async", {"script": script, "args": [given]})
        assert "error" not in answer, answer["error"]
        return str(answer["text"])

    def drag(self, *points: Point) -> None:
        self._ask("/actions", {"actions": pointer(points)})

    def press(self, keys: Sequence[str]) -> None:
        self._ask("/actions", {"actions": keyboard(keys)})

    def choose(self, css: str, files: Sequence[Path]) -> None:
        element = next(iter(self._ask("/element", {"using": "css selector", "value": css}).values()))
        self._ask(f"/element/{element}/value", {"text": "\n".join(map(str, files))})

    def close(self) -> None:
        for program in reversed(self._programs):
            program.end()
        shutil.rmtree(self._folder, ignore_errors=True)
