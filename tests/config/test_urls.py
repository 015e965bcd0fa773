"""Addresses that belong to no app."""

from django.test import Client


def test_the_icon_is_found_by_the_name_that_browsers_guess(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, "/static/img/favicon.ico")
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in response.get("Vary", "")
