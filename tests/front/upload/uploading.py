"""What the tests of the uploader do with the page: make files, choose them, look where they are."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import FileChooser, FilePayload, Locator, Page, expect

from tests.front.stub_site import Site

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  const names = (sources) => sources.map(({ node }) => node?.className);
  for (const { value, sources } of list.getEntries()) if (value) shifts.push([value, ...names(sources)]);
}).observe({ type: "layout-shift", buffered: true });
"""


def photo(name: str, size: int = 40_000) -> FilePayload:
    """Return a file that begins as a JPEG does; the rest is noise made from its name (the stub looks at no pixels)."""
    noise = hashlib.shake_128(name.encode()).digest(size - 3)
    return {"name": name, "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + noise}


def photos(count: int) -> list[FilePayload]:
    """Return that many."""
    return [photo(f"DSC_{number}.jpg") for number in range(count)]


def digest(file: FilePayload) -> str:
    """Return its fingerprint."""
    return hashlib.sha256(file["buffer"]).hexdigest()


def choose(page: Page, files: Sequence[FilePayload]) -> None:
    """Hand files to the chooser."""
    page.set_input_files("input[type=file]", files)


def answer_the_chooser(page: Page, chosen: Sequence[FilePayload] | Path) -> None:
    """Choose these files, or that folder, in the next dialog. Said early: the browser takes a while to hear of it."""

    def answer(chooser: FileChooser) -> None:
        chooser.set_files(chosen)

    page.once("filechooser", answer)


def row(page: Page, name: str) -> Locator:
    """Return where that photo stands."""
    return page.locator(".upload", has_text=name)


def expect_step(page: Page, name: str, step: str) -> None:
    """Wait until the photo of that name is there."""
    expect(row(page, name)).to_have_attribute("data-step", step, timeout=15_000)


def expect_summary(page: Page, words: str) -> None:
    """Wait until the heading says how it stands."""
    expect(page.locator("[data-part=summary]")).to_have_text(words, timeout=30_000)


def expect_all_ready(page: Page, count: int) -> None:
    """Wait until every photo is a picture."""
    expect_summary(page, f"All {count} uploaded · all ready" if count > 1 else "Uploaded · all ready")
    expect(page.locator(".upload .tile[data-state=ready]")).to_have_count(count)


def assert_stored_whole(site: Site, files: Sequence[FilePayload]) -> None:
    """Every file is in the store, byte for byte, and was finished exactly once."""
    assert {digest(file): file["buffer"] for file in files} == site.stored
    assert sorted(file["name"] for file in site.finished) == sorted(file["name"] for file in files)
