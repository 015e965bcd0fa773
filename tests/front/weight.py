"""What a page makes a browser fetch, put on the scales."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page as Tab
from playwright.sync_api import Request

BUDGETS = {"script": 60_000, "stylesheet": 30_000}
OURS = {"localhost", "cdn.testserver"}


class Scales:
    """Weighs what a tab asks for from now on: static files, by their names, as they travel (gzip)."""

    def __init__(self, tab: Tab) -> None:
        self._asked: list[Request] = []
        tab.on("request", lambda request: self._asked.append(request))  # noqa: PLW0108 - Playwright marks it

    def complaints(self) -> list[str]:
        """Return what is too heavy, or from elsewhere, since the last time."""
        asked = self._asked[:]
        self._asked.clear()
        found = [f"fetches {each.url}" for each in asked if urlsplit(each.url).hostname not in {*OURS, None}]
        for kind, budget in BUDGETS.items():
            total = sum(map(_gzipped, {each.url for each in asked if each.resource_type == kind}))
            if total > budget:
                found.append(f"{kind}s of {total} bytes, {budget} are allowed")
        return found


def _gzipped(url: str) -> int:
    name = urlsplit(url).path.partition("/static/")[2]
    return len(gzip.compress(Path(str(finders.find(name))).read_bytes()))
