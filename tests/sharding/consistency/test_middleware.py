"""Read-your-writes over HTTP, on replicas that never catch up."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.db import OperationalError, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from sharding.consistency import token_store, tokens
from sharding.consistency.middleware import COOKIE_NAME, _signer
from sharding.consistency.token_store import store
from tests.sharding import views
from tests.sharding.tree_model import Plant

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.usefixtures("db", "tree_tables", "lagging_replicas"),
]


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.sharding.views"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "sharding.consistency.middleware.CausalMiddleware",
    ]
    yield
    views.reads.failing.clear()


def _read(client: Client, owner: int) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/{owner}/").json()
    return body


def test_a_visitor_without_a_token_is_answered_by_a_replica(client: Client, ben: int) -> None:
    Plant.objects.create(owner_id=ben, name="fern")
    assert _read(client, ben) == {"plants": [], "aliases": ["shard1_r1"]}


def test_a_visitor_reads_their_own_write_by_the_cookie(client: Client, ben: int) -> None:
    response = client.post(f"/{ben}/plant/")
    cookie = response.cookies[COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 60)
    assert _read(client, ben) == {"plants": ["fern"], "aliases": ["shard1"]}


def test_a_write_by_get_counts_like_any_other(client: Client, ben: int) -> None:
    client.get(f"/{ben}/plant/")
    assert _read(client, ben)["plants"] == ["fern"]


def test_another_shard_is_still_read_from_its_replica(client: Client, ann: int, ben: int) -> None:
    client.post(f"/{ben}/plant/")
    assert _read(client, ann)["aliases"] == ["shard0_r1"]


def test_cookies_of_several_writes_add_up(client: Client, ann: int, ben: int) -> None:
    client.post(f"/{ben}/plant/")
    client.post(f"/{ann}/plant/")
    assert _read(client, ben)["plants"] == _read(client, ann)["plants"] == ["fern"]


def test_a_user_reads_their_write_on_another_device(client: Client, ben: int, alice: Any) -> None:
    client.force_login(alice)
    client.post(f"/{ben}/plant/")
    phone = Client()
    phone.force_login(alice)
    assert COOKIE_NAME not in phone.cookies
    assert _read(phone, ben)["plants"] == ["fern"]


def test_without_valkey_the_cookie_is_enough(
    client: Client, ben: int, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice)

    def away() -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(token_store, "_client", away)
    monkeypatch.setattr(store, "_away_until", 0.0)
    assert client.post(f"/{ben}/plant/").status_code == 201
    assert _read(client, ben)["plants"] == ["fern"]
    store._away_until = 0.0


def test_who_signs_up_is_found_at_once_and_everywhere(client: Client) -> None:
    user_id = client.post("/sign-up/").content.decode()
    assert client.get("/whoami/").content == b"dora"
    assert '"' not in client.cookies[COOKIE_NAME].OutputString()
    assert store.load(user_id).keys() == {"default"}
    del client.cookies[COOKIE_NAME]
    assert client.get("/whoami/").content == b"dora"


def test_without_a_token_the_new_user_would_not_be_found(client: Client) -> None:
    """The simulated replica does lag: without the token the read is stale."""
    user_id = client.post("/sign-up/").content.decode()
    del client.cookies[COOKIE_NAME]
    token_store._client().delete(token_store._key(user_id))
    assert client.get("/whoami/").content == b""


def test_signing_out_is_covered_by_the_cookie(client: Client, alice: Any) -> None:
    client.force_login(alice)
    client.post("/sign-out/")
    assert client.get("/whoami/").content == b""


def test_an_anonymous_visitor_costs_neither_a_session_nor_a_query(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionBase, "_get_session", lambda *a, **k: pytest.fail("the session was loaded"))
    monkeypatch.setattr(store, "load", lambda user_id: pytest.fail("the token was asked for"))
    with CaptureQueriesContext(connections["default"]) as queries:
        response = client.get("/plain/")
    assert len(queries) == 0
    assert not response.cookies
    assert "Vary" not in response.headers


def test_a_user_who_reads_nothing_is_not_asked_for_a_token(
    client: Client, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(alice)
    monkeypatch.setattr(store, "load", lambda user_id: pytest.fail("the token was asked for"))
    assert client.get("/plain/").status_code == 200


@pytest.mark.parametrize(
    "cookie", ["", "nonsense", "ffffffffff.shard1:ffffffffffff", "ffffffffff.shard1:1:forged"]
)
def test_a_cookie_we_did_not_sign_is_ignored(client: Client, ben: int, cookie: str) -> None:
    client.cookies[COOKIE_NAME] = cookie
    assert _read(client, ben)["aliases"] == ["shard1_r1"]


def test_an_expired_cookie_is_ignored(client: Client, ben: int) -> None:
    client.cookies[COOKIE_NAME] = _signer.sign("1.shard1:7")
    assert _read(client, ben)["aliases"] == ["shard1_r1"]
    client.cookies[COOKIE_NAME] = _signer.sign(tokens.dump({"shard1": 7}))
    assert _read(client, ben)["aliases"] == ["shard1"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_changes_something_decides_by_the_primary(client: Client, ben: int, method: str) -> None:
    Plant.objects.create(owner_id=ben, name="fern")
    assert getattr(client, method)(f"/{ben}/").json() == {"plants": ["fern"], "aliases": ["shard1"]}


@pytest.mark.parametrize("page", ["", "late/"])
def test_a_replica_that_dies_during_a_read_is_not_noticed_by_the_visitor(
    client: Client, ben: int, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    Plant.objects.create(owner_id=ben, name="fern")
    views.reads.failing = {"shard1_r1"}
    response = client.get(f"/{ben}/{page}")
    assert response.status_code == 200
    assert "fern" in response.content.decode()
    assert "Reading again on primaries: shard1_r1 is gone" in caplog.messages


@pytest.mark.parametrize("page", ["", "late/"])
def test_without_a_primary_a_reader_gets_what_the_replica_has(client: Client, ben: int, page: str) -> None:
    client.post(f"/{ben}/plant/")
    views.reads.failing = {"shard1"}
    response = client.get(f"/{ben}/{page}")
    assert response.status_code == 200
    assert "fern" not in response.content.decode()


def test_without_primary_and_replica_the_error_is_raised(client: Client, ben: int) -> None:
    views.reads.failing = {"shard1", "shard1_r1"}
    with pytest.raises(OperationalError, match="shard1_r1 is gone"):
        client.get(f"/{ben}/")


def test_a_view_that_has_written_is_not_run_again(client: Client, ann: int) -> None:
    """ann + 1 is on the other shard, whose replica dies after the write to the first."""
    views.reads.failing = {"shard1_r1"}
    with pytest.raises(OperationalError):
        client.get(f"/{ann}/plant-and-read/")
    assert Plant.objects.of(ann).count() == 1


def test_a_write_is_remembered_also_when_the_view_fails_after_it(ann: int) -> None:
    client = Client(raise_request_exception=False)
    views.reads.failing = {"shard1_r1"}
    assert client.get(f"/{ann}/plant-and-read/").status_code == 500
    assert COOKIE_NAME in client.cookies
    assert _read(client, ann)["plants"] == ["fern"]


def test_a_bug_is_not_run_again(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="a bug"):
        client.get("/broken/")
    assert "again" not in caplog.text


def test_the_request_tells_the_log_which_databases_answered(client: Client, ann: int) -> None:
    response = client.get(f"/{ann}/")
    assert response.wsgi_request.causal.aliases_used == {"shard0_r1"}  # type: ignore[attr-defined] # our middleware's
