"""Chromium by Playwright, behind the same window as the other engines."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, ProxySettings

from tests.engines.line import Line
from tests.engines.window import Leaving, Point, Window


class Chromium(Window):
    """A window of the Chromium that this process has anyway, with a profile of its own."""

    def __init__(self, browser: Browser, line: Line) -> None:
        super().__init__()
        proxy = ProxySettings(server=f"socks5://127.0.0.1:{line.port}", bypass="<-loopback>")
        self._context = browser.new_context(proxy=proxy, viewport={"width": 1200, "height": 900})
        self._page = self._context.new_page()
        self._page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._page.on("console", self._note)

    def _note(self, entry: ConsoleMessage) -> None:
        if entry.type == "error":
            self.complaints.append(entry.text)

    def go(self, url: str) -> None:
        self._page.goto(url)

    def back(self) -> None:
        self._page.go_back()

    def call(self, function: str, given: str) -> str:
        try:
            return str(self._page.evaluate(function, given))
        except Error as error:
            if "navigation" in error.message or "destroyed" in error.message:
                raise Leaving(error.message) from None
            raise

    def drag(self, *points: Point) -> None:
        mouse = self._page.mouse
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point, steps=4)
        mouse.up()

    def press(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._page.keyboard.press(key)

    def choose(self, css: str, files: Sequence[Path]) -> None:
        self._page.locator(css).set_input_files(list(files))

    def close(self) -> None:
        self._context.close()
