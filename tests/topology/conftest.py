"""The site of the topology tests, with real replicas, Valkeys, S3, edge and pods, started once; and Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.topology.running import Topology, started


@pytest.fixture(scope="session")
def topology() -> Iterator[Topology]:
    """The shared site. Tests may kill components that restart by themselves, and must leave all ready."""
    with started() as running:
        yield running


@dataclass
class Visitor:
    """A visitor with a browser of their own; every console error and every 5xx response is kept."""

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
