"""The site as an app."""

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User


def test_it_can_be_installed_and_shared_into(client: Client) -> None:
    said = client.get("/manifest.webmanifest")
    assert said["Content-Type"] == "application/manifest+json"
    described = said.json()
    assert {"name", "start_url", "display", "icons"} <= described.keys()
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in described["icons"]}
    assert {icon["purpose"] for icon in described["icons"]} >= {"any", "maskable"}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in described["icons"])
    assert described["share_target"]["action"] == "/upload/"
    assert "image/jpeg" in described["share_target"]["params"]["files"][0]["accept"]


@pytest.mark.parametrize("address", ["/manifest.webmanifest", "/service-worker.js", "/offline/"])
def test_what_everybody_gets_depends_on_nobody(client: Client, address: str) -> None:
    said = client.get(address)
    assert said.status_code == 200
    client.cookies["sessionid"] = "somebody's"
    assert client.get(address).content == said.content


def test_the_service_worker_is_asked_for_anew_and_looks_after_the_whole_site(client: Client) -> None:
    said = client.get("/service-worker.js")
    assert said["Content-Type"].startswith("text/javascript")
    assert said["Cache-Control"] == "no-cache"


@pytest.mark.django_db(databases="__all__")
def test_photos_shared_before_there_is_a_service_worker_lead_to_the_page(client: Client, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/upload/", {"photos": "x"})["Location"] == "/upload/"
