"""A wall of thousands of photos stays smooth: what lies far from the window costs nothing, in Chromium."""

import json

from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from tests.front.pages import Tile
from tests.front.stub_site import Site
from tests.front.test_elements import grid

PAGES, ON_A_PAGE = 60, 40
LONGEST_MS = 50


def wall(site: Site) -> None:
    """Show 2,400 photos, 40 at a time."""
    for page in range(PAGES):
        tiles = [
            Tile(pid=f"p{page * ON_A_PAGE + n}", width=3000, height=2000 + n * 40) for n in range(ON_A_PAGE)
        ]
        more = f"/@alice/?before=p{page}" if page < PAGES - 1 else ""
        address = f"/@alice/?before=p{page - 1}" if page else "/@alice/"
        template = "photos/grid/page_of_tiles.html" if page else "photos/profile/profile.html"
        site.pages[address] = grid(*tiles, next_url=more, template=template)


def tasks_of(trace: bytes) -> list[float]:
    """Return how many milliseconds of its own each task of the page's main thread took, longest first."""
    events = json.loads(trace)["traceEvents"]
    threads = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    own = [each for each in events if (each["pid"], each["tid"]) in threads and "tdur" in each]
    return sorted((each["tdur"] / 1000 for each in own if each["name"].endswith("RunTask")), reverse=True)


def longest_task(chromium: Browser, page: Tab) -> float:
    """Scroll the whole wall and back; return how many milliseconds the longest task had the processor."""
    page.goto("/@alice/")
    page.wait_for_timeout(500)
    chromium.start_tracing(
        page=page, categories=["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
    )
    for _ in range(600):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(16)
        if page.locator(".tile").count() == PAGES * ON_A_PAGE:
            break
    expect(page.locator(".tile")).to_have_count(PAGES * ON_A_PAGE, timeout=30_000)
    for _ in range(30):
        page.mouse.wheel(0, -3000)
        page.wait_for_timeout(16)
    tasks = tasks_of(chromium.stop_tracing())
    assert len(tasks) > PAGES, "the trace has the page's tasks in it"
    return tasks[0]


def test_a_wall_of_2400_photos_scrolls_without_a_long_task(chromium: Browser, page: Tab, site: Site) -> None:
    """The best of three tries counts: a busy neighbour empties the processor's caches and lengthens a task."""
    wall(site)
    assert any(longest_task(chromium, page) <= LONGEST_MS for _ in range(3))
