"""A headless Chromium and a stub site for the tests of our JavaScript."""

from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from photos.pipeline import multipart
from photos.templatetags import uploading
from tests.front.stub_site import Site


@pytest.fixture(autouse=True)
def small_limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large here takes no time to send."""
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_MAX_FILES = 50 * 1024 * 1024, 120
    monkeypatch.setattr(multipart, "WHOLE_UP_TO_BYTES", 1_000_000)
    monkeypatch.setattr(multipart, "PART_BYTES", 200_000)
    monkeypatch.setattr(uploading, "ACCEPT", "image/jpeg,image/png,.heic")


@pytest.fixture(scope="module")
def in_a_loop(chromium: Browser) -> Iterator[None]:
    """Playwright's loop runs in this thread, and Django beside it: nothing here is asynchronous.

    Django takes whatever runs in a loop for a place of its own, with connections of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield
        connections.close_all()


@pytest.fixture
def site() -> Iterator[Site]:
    """A site with a store, whose faults can be ordered."""
    stub = Site()
    yield stub
    stub.close()


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """The upload page, open; whatever the browser reports as an error of ours fails the test at its end."""
    tab = chromium.new_page(base_url=site.url)
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "console",
        lambda message: complaints.append(message.text) if "Content Security" in message.text else None,
    )
    tab.goto("/upload/")
    yield tab
    tab.close()
    assert complaints == []
