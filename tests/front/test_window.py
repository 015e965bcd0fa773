"""A wall of thousands of photos stays smooth: what lies far from the window costs nothing, in Chromium."""

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.front.pages import Tile
from tests.front.stub_site import Site
from tests.front.test_elements import grid

PAGES, ON_A_PAGE = 60, 40
LONGEST_MS = 50
TASKS = """
window.tasks = [];
new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.tasks.push(duration); })
  .observe({ type: "longtask", buffered: true });
"""


def wall(site: Site) -> None:
    """Show 2,400 photos, 40 at a time."""
    for page in range(PAGES):
        tiles = [
            Tile(pid=f"p{page * ON_A_PAGE + n}", width=3000, height=2000 + n * 40) for n in range(ON_A_PAGE)
        ]
        more = f"?before=p{page}" if page < PAGES - 1 else ""
        address = f"/@alice/?before=p{page - 1}" if page else "/@alice/"
        template = "photos/profile.html#tiles" if page else "photos/profile.html"
        site.pages[address] = grid(*tiles, next_url=more, template=template)


def test_a_wall_of_2400_photos_scrolls_without_a_long_task(page: Tab, site: Site) -> None:
    wall(site)
    page.add_init_script(TASKS)
    page.goto("/@alice/")
    page.wait_for_timeout(500)
    page.evaluate("tasks.length = 0")
    for _ in range(400):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(16)
        if page.locator(".tile").count() == PAGES * ON_A_PAGE:
            break
    expect(page.locator(".tile")).to_have_count(PAGES * ON_A_PAGE, timeout=30_000)
    for _ in range(30):
        page.mouse.wheel(0, -3000)
        page.wait_for_timeout(16)
    assert [ms for ms in page.evaluate("tasks") if ms > LONGEST_MS] == []
    page.evaluate("const from = performance.now(); while (performance.now() < from + 80);")
    page.wait_for_function("tasks.length === 1")  # so it would have been seen
