"""Korean pages, at a desk and on the smallest phone: all of it fits."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser

from tests.front import bridge
from tests.front.test_accessibility import (  # noqa: F401 - fixtures
    _in_a_loop,
    album,
    arguments,
    members,
    on_all_databases,
    pages,
    photo,
)

TOO_WIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const inside = (each) => each.closest("[popover], .visually-hidden") || each.scrollWidth <= each.clientWidth + 1;
  const cut = [...document.querySelectorAll("button, .button, .top-link, h1, h2, summary, legend, label")]
    .filter((each) => each.checkVisibility() && !inside(each) && getComputedStyle(each).display !== "inline");
  const page = scrollWidth > clientWidth ? ["the page"] : [];
  return [...page, ...cut.map(({ outerHTML }) => outerHTML.slice(0, 160))];
}"""
WIDTHS = (320, 1280)


@pytest.fixture
def korean(members: dict[str, Client]) -> Iterator[dict[str, Client]]:  # noqa: F811
    """The same people, who read Korean."""
    for client in members.values():
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ko"
    yield members
    translation.deactivate()


@on_all_databases
def test_all_of_a_korean_page_fits(
    chromium: Browser,
    korean: dict[str, Client],
    arguments: dict[str, str],  # noqa: F811
) -> None:
    wrong = {}
    for name, client in korean.items():
        tab = bridge.open_tab(chromium, client)
        for path in sorted(pages(client, arguments, is_all=False)):
            for width in WIDTHS:
                tab.set_viewport_size({"width": width, "height": 800})
                tab.goto(path, wait_until="domcontentloaded")
                if found := tab.evaluate(TOO_WIDE):
                    wrong[f"{path} for {name} at {width}"] = found
        tab.context.close()
    assert not wrong, wrong
