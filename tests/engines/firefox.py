"""Firefox by WebDriver BiDi, which it speaks itself: no driver beside it, and no screen."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from websocket import create_connection

from tests.engines.actions import keyboard, pointer
from tests.engines.line import Line
from tests.engines.programs import Program, wait_for
from tests.engines.window import Leaving, Point, Window

NAMES = ("firefox-esr", "firefox")
ANSWER_SECONDS = 60
GOING = ("no such frame", "unknown error", "no such node", "no such history entry")
GONE_WORDS = ("realm", "discarded", "destroyed", "navigat")


def preferences(line: Line) -> dict[str, bool | int | str]:
    """Return what this profile prefers: the line as its only way out, localhost included, and a small window."""
    return {
        "network.proxy.type": 1,
        "network.proxy.socks": "127.0.0.1",
        "network.proxy.socks_port": line.port,
        "network.proxy.socks_remote_dns": True,
        "network.proxy.allow_hijacking_localhost": True,
        "network.proxy.no_proxies_on": "",
        "browser.cache.disk.enable": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "browser.startup.homepage": "about:blank",
    }


class Firefox:
    """A running Firefox, asked one thing at a time; `events` are what it has said by itself."""

    def __init__(self, line: Line) -> None:
        self.events: list[dict[str, Any]] = []
        self._folder = Path(tempfile.mkdtemp(prefix="tessera-firefox-"))
        self._ids = itertools.count(1)
        lines = (
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in preferences(line).items()
        )
        (self._folder / "user.js").write_text("\n".join(lines))
        name = next(filter(shutil.which, NAMES), None)
        assert name, "Firefox is missing: apt-get install firefox-esr"
        argv = [
            name,
            "--headless",
            "--no-remote",
            "--profile",
            str(self._folder),
            "--remote-debugging-port=0",
        ]
        self._program = Program(argv, self._folder / "firefox.log", HOME=str(self._folder))
        try:
            self._begin()
        except BaseException:  # Ctrl-C too: what was started must not stay
            self._end()
            raise

    def _begin(self) -> None:
        url = wait_for(r"WebDriver BiDi listening on (\S+)", self._program)
        self._socket = create_connection(f"{url}/session", timeout=ANSWER_SECONDS, suppress_origin=True)
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command; return its result. Raises Leaving."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            self.events.append(answer)
        if answer["type"] == "error":
            if answer["error"] in GOING or any(word in answer["message"] for word in GONE_WORDS):
                raise Leaving(answer["message"])
            raise AssertionError(answer)
        return answer["result"]

    def close(self) -> None:
        """End it and remove its profile."""
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._program.end()
        shutil.rmtree(self._folder, ignore_errors=True)


class FirefoxWindow(Window):
    """A window of Firefox in a container of its own: its cookies, its store, its service workers."""

    def __init__(self, firefox: Firefox) -> None:
        super().__init__()
        self._firefox = firefox
        self._container = firefox.ask("browser.createUserContext")["userContext"]
        made = firefox.ask("browsingContext.create", type="window", userContext=self._container)
        self._context = made["context"]
        self._ask("browsingContext.setViewport", viewport={"width": 1200, "height": 900})

    def _ask(self, method: str, **params: Any) -> Any:
        """Send a command about this window; note what its console said. Raises Leaving."""
        try:
            return self._firefox.ask(method, context=self._context, **params)
        finally:
            logged = [each["params"] for each in self._firefox.events if each["method"] == "log.entryAdded"]
            mine = [each for each in logged if each["source"].get("context") == self._context]
            self.complaints[:] = [each["text"] for each in mine if each["level"] == "error"]

    def go(self, url: str) -> None:
        self._ask("browsingContext.navigate", url=url, wait="complete")

    def back(self) -> None:
        self._ask("browsingContext.traverseHistory", delta=-1)

    def call(self, function: str, given: str) -> str:
        answer = self._firefox.ask(
            "script.callFunction", functionDeclaration=function, awaitPromise=True,
            arguments=[{"type": "string", "value": given}], target={"context": self._context},
        )  # fmt: skip
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return str(answer["result"]["value"])

    def drag(self, *points: Point) -> None:
        self._ask("input.performActions", actions=pointer(points))

    def press(self, keys: Sequence[str]) -> None:
        self._ask("input.performActions", actions=keyboard(keys))

    def choose(self, css: str, files: Sequence[Path]) -> None:
        locator = {"type": "css", "value": css}
        (node, *_) = self._ask("browsingContext.locateNodes", locator=locator)["nodes"]
        element = {"sharedId": node["sharedId"]}
        self._ask("input.setFiles", element=element, files=list(map(str, files)))

    def close(self) -> None:
        self._firefox.ask("browser.removeUserContext", userContext=self._container)
