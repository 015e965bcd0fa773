"""A user who is told of a change can see it: by the stored token, or by the token in a link."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sharding.consistency import causal, token_handover, tokens
from sharding.consistency.middleware import COOKIE_NAME
from sharding.consistency.token_store import store
from tests.sharding.tree_model import Plant

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("db", "tree_tables")]


@pytest.fixture
def site(settings: Settings, lagging_replicas: None) -> None:
    settings.ROOT_URLCONF = "tests.sharding.views"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "sharding.consistency.middleware.CausalMiddleware",
    ]


def read(client: Client, address: str) -> Any:
    return client.get(address).json()["plants"]


def test_a_jobs_writes_are_seen_by_the_user_it_hands_its_token_to(
    site: None, ben: int, alice: Any, carol: Any
) -> None:
    with causal.session():
        Plant.objects.create(owner_id=ben, name="fern")
        token_handover.hand_token_to(alice.pk)
    told, untold = Client(), Client()
    told.force_login(alice)
    untold.force_login(carol)
    assert read(told, f"/{ben}/") == ["fern"]
    assert read(untold, f"/{ben}/") == [], "the replica does lag"


def test_a_handed_token_covers_the_token_of_the_job_as_well(alice: Any, ben: int) -> None:
    with causal.session({"shard0": 7}):
        Plant.objects.create(owner_id=ben, name="fern")
        token_handover.hand_token_to(alice.pk)
    assert store.load(str(alice.pk)).keys() == {"shard0", "shard1", tokens.MAP}


def test_a_command_promises_everything_there_is(alice: Any) -> None:
    token_handover.hand_token_to(alice.pk)
    assert store.load(str(alice.pk)).keys() == {"default", "shard0", "shard1", tokens.MAP}


def test_the_reader_of_a_link_sees_what_its_writer_saw_in_later_requests_too(site: None, ben: int) -> None:
    with causal.session():
        Plant.objects.create(owner_id=ben, name="fern")
        address = token_handover.link(f"/{ben}/")
    assert read(Client(), f"/{ben}/") == []
    client = Client()
    assert read(client, address) == ["fern"]
    assert COOKIE_NAME in client.cookies
    assert read(client, f"/{ben}/") == ["fern"], "also what the page asks for next"


def test_a_link_keeps_its_query_and_has_one_token(ben: int) -> None:
    twice = token_handover.link(token_handover.link("/a/?b=c&d=#e", {"shard0": 1}), {"shard0": 2})
    parts = urlsplit(twice)
    query = parse_qs(parts.query, keep_blank_values=True)
    assert (parts.path, parts.fragment, query["b"], query["d"]) == ("/a/", "e", ["c"], [""])
    assert [token_handover.load(text) for text in query["t"]] == [{"shard0": 2}]


def test_a_link_without_anything_to_promise_is_as_it_was() -> None:
    with causal.session():
        assert token_handover.link("/a/?b=c") == "/a/?b=c"


def test_a_token_that_was_made_up_or_has_expired_promises_nothing() -> None:
    text = parse_qs(urlsplit(token_handover.link("/", {"shard0": 9})).query)["t"][0]
    assert token_handover.load(text) == {"shard0": 9}
    assert token_handover.load(tokens.dump({"shard0": 9})) == token_handover.load("x") == {}
    assert token_handover.load(text.replace(":9:", ":a:")) == {}
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert token_handover.load(text) == {}


def test_what_is_accepted_within_a_request_holds_for_the_next(
    site: None, ben: int, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that shows a notification takes over the notification's token."""
    with causal.session():
        Plant.objects.create(owner_id=ben, name="fern")
        promised = token_handover.current_token()
    from tests.sharding import views  # noqa: PLC0415 - patched here only

    read_plainly = views.reads.read

    def read_as_promised(owner: int) -> list[str]:
        causal.current().accept(promised)
        return read_plainly(owner)

    monkeypatch.setattr(views.reads, "read", read_as_promised)
    client, phone = Client(), Client()
    client.force_login(alice)
    phone.force_login(alice)
    assert read(client, f"/{ben}/") == ["fern"]
    monkeypatch.setattr(views.reads, "read", read_plainly)
    assert read(client, f"/{ben}/") == read(phone, f"/{ben}/") == ["fern"]
