"""A window of any engine: what a visitor does in it, and what its console complains of.

An engine says how it goes to an address, runs a script, moves the pointer, presses keys and chooses files; the rest is
the same for all. Nothing here waits for a navigation: `wait` asks until the page that is there says yes.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Point = tuple[float, float]
SECONDS = 20
PACE_SECONDS = 0.05
# Of a script `BODY`, a function of one text that returns a text: JSON passes all three protocols alike.
FUNCTION = (
    "async (given) => JSON.stringify((await (async (...args) => {BODY})(...JSON.parse(given))) ?? null)"
)
SHOWN = """
const [{ type }] = performance.getEntriesByType("navigation");
return `${location} (${type}) ${document.body.innerText.slice(0, 1500)}`;
"""
# The first element that is shown, matches a selector and contains a text.
FIND = """
const find = (css, text) => [...document.querySelectorAll(css)].find((each) =>
  each.checkVisibility({ visibilityProperty: true }) && each.textContent.includes(text));
"""
MIDDLE = (
    FIND
    + """
const [css, text] = args;
const element = find(css, text);
if (!element) return null;
element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
await new Promise((go) => setTimeout(go, 30));
const { left, top, width, height } = element.getBoundingClientRect();
const middle = [Math.round(left + width / 2), Math.round(top + height / 2)];
const hit = document.elementFromPoint(...middle);
return hit && (element.contains(hit) || hit.contains(element)) ? middle : null;
"""
)


class Leaving(Exception):
    """The page went away while its script ran."""


class Window(ABC):
    """A window with a profile of its own; `complaints` are the errors on its console."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    @abstractmethod
    def go(self, url: str) -> None:
        """Open an address and wait until it is loaded, or until the engine shows that it cannot be."""

    @abstractmethod
    def back(self) -> None:
        """Press Back."""

    @abstractmethod
    def call(self, function: str, given: str) -> str:
        """Run a function in the page. Raises Leaving."""

    @abstractmethod
    def drag(self, *points: Point) -> None:
        """Press the button at the first point, move over the others and release it at the last one."""

    @abstractmethod
    def press(self, keys: Sequence[str]) -> None:
        """Press keys, one after the other; special ones by their code points of WebDriver."""

    @abstractmethod
    def choose(self, css: str, files: Sequence[Path]) -> None:
        """Choose files in a file input."""

    @abstractmethod
    def close(self) -> None:
        """End the browser and remove its profile."""

    def run(self, body: str, *args: Any) -> Any:
        """Run the body of an asynchronous function of `args` in the page; return what it returns."""
        return json.loads(self.call(FUNCTION.replace("BODY", body), json.dumps(args)))

    def wait(self, body: str, *args: Any, seconds: float = SECONDS) -> Any:
        """Run a script until what it returns is true; return that. Fails with what the page shows."""
        until = time.monotonic() + seconds
        while True:
            try:
                if found := self.run(body, *args):
                    return found
            except Leaving:
                pass
            assert time.monotonic() < until, f"{body.strip().splitlines()[-1]} {args}: {self.shown()}"
            time.sleep(PACE_SECONDS)

    def wait_for(self, css: str, text: str = "", *, seconds: float = SECONDS) -> None:
        """Wait until an element is shown."""
        self.wait(FIND + "return Boolean(find(...args))", css, text, seconds=seconds)

    def click(self, css: str, text: str = "") -> None:
        """Click in the middle of an element, once it is shown and nothing covers it."""
        x, y = self.wait(MIDDLE, css, text)
        self.drag((x, y))

    def fill(self, css: str, text: str) -> None:
        """Click a field and type."""
        self.click(css)
        self.press(text)

    def complaints_but(self, *expected: str) -> list[str]:
        """Return the complaints without those that contain an expected text."""
        self.run("return true")  # which reads what has come meanwhile
        return [line for line in self.complaints if not any(text in line for text in expected)]

    def shown(self) -> str:
        """Return the address and the text of the page, for messages."""
        try:
            return str(self.run(SHOWN))
        except Leaving:
            return "a page that is going away"
