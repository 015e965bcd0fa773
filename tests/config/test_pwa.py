"""The site as an installed app."""

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User


def test_it_can_be_installed_and_files_can_be_shared_with_it(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    fields = response.json()
    assert {"name", "start_url", "display", "icons"} <= fields.keys()
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in fields["icons"]}
    assert {icon["purpose"] for icon in fields["icons"]} >= {"any", "maskable"}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in fields["icons"])
    assert fields["share_target"]["action"] == "/upload/"
    assert "image/jpeg" in fields["share_target"]["params"]["files"][0]["accept"]


@pytest.mark.parametrize("address", ["/manifest.webmanifest", "/service-worker.js", "/offline/"])
def test_public_files_are_the_same_for_every_visitor(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    client.cookies["sessionid"] = "a session"
    assert client.get(address).content == response.content


def test_the_service_worker_is_revalidated_and_covers_the_whole_site(client: Client) -> None:
    response = client.get("/service-worker.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.django_db(databases="__all__")
def test_photos_shared_before_there_is_a_service_worker_lead_to_the_page(client: Client, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/upload/", {"photos": "x"})["Location"] == "/upload/"
