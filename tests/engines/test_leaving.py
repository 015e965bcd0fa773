"""Leaving pages, coming back to them, and having no network: what engines do each in their own way."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.line import Line
from tests.engines.window import Window
from tests.front.pages import Page
from tests.front.stub_site import Site
from tests.front.test_elements import grid

COUNT = 10
SENDING = "return document.querySelectorAll('.upload[data-step=sending]').length >= args[0]"
SUMMARY = "return document.querySelector('[data-part=summary]')?.textContent === args[0]"
EXPECTED = (
    "409 (Conflict)",  # the site's answer when the bytes of an earlier page are not there
    # What WebKit says of files and requests that it gives up when the page is left.
    "due to access control checks",
    "htmx:afterRequest",
    "htmx:sendError",
)
CONTROLLED = "return navigator.serviceWorker.controller !== null"
WORDS = "return document.querySelector('upload-tray [data-part=words]')?.textContent === args[0]"


@pytest.fixture
def site() -> Iterator[Site]:
    """The stub site with its service worker, and another page of it."""
    stub = Site()
    stub.has_service_worker = True
    stub.pages["/offline/"] = Page("offline.html")
    stub.pages["/"] = stub.pages["/@alice/"] = grid()
    yield stub
    stub.close()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Ten photos, as the stub takes them."""
    files = [tmp_path / f"DSC_{number}.jpg" for number in range(COUNT)]
    for file in files:
        file.write_bytes(b"\xff\xd8\xff" + hashlib.shake_128(file.name.encode()).digest(40_000))
    return files


@pytest.fixture
def sending(window: Window, site: Site, photos: list[Path]) -> Window:
    """A window whose upload page is sending three photos of ten."""
    window.go(f"{site.url}/@alice/")
    window.wait(CONTROLLED)
    window.click("header a[href='/upload/']")
    window.wait(
        "return customElements.get('photo-upload') && document.querySelector('photo-upload') !== null"
    )
    site.hold.clear()
    window.choose("photo-upload input[type=file]", photos)
    window.wait(SENDING, 3)
    return window


def test_photos_on_their_way_when_a_page_is_left_arrive(
    sending: Window, site: Site, photos: list[Path]
) -> None:
    sending.click("header a[href='/']")
    site.hold.set()
    sending.wait(WORDS, f"All {COUNT} uploaded")
    assert {file["name"] for file in site.finished} == {file.name for file in photos}
    assert sending.complaints_but(*EXPECTED) == []


def test_back_to_the_upload_page_while_it_sends_shows_what_is_on_its_way(
    sending: Window, site: Site, photos: list[Path]
) -> None:
    sending.click("header a[href='/']")
    sending.wait(WORDS, f"0 of {COUNT} uploaded")
    sending.back()
    site.hold.set()
    sending.wait(SUMMARY, f"All {COUNT} uploaded · all ready")
    assert {file["name"] for file in site.finished} == {file.name for file in photos}
    assert sending.complaints_but(*EXPECTED) == []


def test_without_a_network_a_page_says_so(window: Window, site: Site, line: Line) -> None:
    window.go(f"{site.url}/@alice/")
    window.wait(CONTROLLED)
    line.cut()
    window.click("header a[href='/upload/']")
    window.wait_for("h1", "You are offline")
    line.mend()
    window.go(f"{site.url}/@alice/")
    window.wait_for("h1", "Alice")
