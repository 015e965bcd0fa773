"""The scales themselves: what is too heavy is named, and what comes from elsewhere."""

import pytest
from playwright.sync_api import Page as Tab

from tests.front import weight
from tests.front.stub_site import Site


def test_what_a_page_fetches_is_weighed(page: Tab, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    scales = weight.Scales(page)
    page.goto("/upload/")
    monkeypatch.setattr(weight, "OURS", {"localhost", "127.0.0.1"})
    assert scales.complaints() == []
    page.goto("/upload/")
    monkeypatch.setattr(weight, "OURS", set())
    monkeypatch.setattr(weight, "BUDGETS", dict.fromkeys(weight.BUDGETS, 1000))
    said = scales.complaints()
    assert f"fetches {site.url}/upload/" in said
    assert {each.split()[0] for each in said} == {"fetches", "scripts", "stylesheets"}
