"""The responses to errors."""

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import Client

from accounts.models import User
from accounts.relations import follows
from photos.pipeline import upload
from photos.social import notifications

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def finish(*args: object) -> None:
        raise error

    monkeypatch.setattr(upload, "finish", finish)


@pytest.mark.parametrize(
    "error", [OperationalError("server closed the connection"), InterfaceError("closed")]
)
def test_a_database_that_is_away_is_a_503_to_be_tried_again(
    error: Exception, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(error, monkeypatch)
    response = browser.post("/api/uploads/finish/", {"ticket": "x"}, content_type="application/json")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "no-store" in response["Cache-Control"]
    assert response.json()["error"]["code"] == "database_unavailable"


def test_a_person_gets_a_page_and_no_code(
    browser: Client, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(follows, "follow", fail)
    response = browser.post(f"/@{carol.username}/follow/", {"following": "1"})
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "<html" in response.content.decode()


@pytest.mark.parametrize("error", [IntegrityError("a bug"), RuntimeError("another")])
def test_a_fault_of_ours_is_a_500(error: Exception, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(error, monkeypatch)
    response = browser.post("/api/uploads/finish/", {"ticket": "x"}, content_type="application/json")
    assert response.status_code == 500
    assert "<html" in response.content.decode()


def test_a_page_that_is_not_there_keeps_the_bar_of_who_is_signed_in(browser: Client) -> None:
    for address in ("/nothing/here/", "/p/ZWdqHpkkZJ/", "/@nobody/"):
        missing = browser.get(address)
        html = missing.content.decode()
        assert missing.status_code == 404
        assert "no-store" in missing["Cache-Control"]
        for link in ("/upload/", "/notifications/", "/@alice/", "/accounts/logout/"):
            assert f'href="{link}"' in html, (address, link)


def test_a_refused_form_keeps_the_bar_of_who_is_signed_in(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    refused = strict.post("/settings/", {"name": "Al"})
    assert refused.status_code == 403
    assert 'href="/notifications/"' in refused.content.decode()


def test_a_missing_page_is_said_without_the_bar_while_its_database_is_away(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> int:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(notifications, "unread_count", fail)
    missing = browser.get("/nothing/here/")
    assert (missing.status_code, "/notifications/" in missing.content.decode()) == (404, False)


def test_error_pages_stand_alone(client: Client) -> None:
    missing = client.get("/nothing/here/")
    assert missing.status_code == 404
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/accounts/login/", {"login": "a", "password": "b"})
    assert refused.status_code == 403
    assert "<html" in refused.content.decode()
