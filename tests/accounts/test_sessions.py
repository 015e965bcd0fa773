"""Sessions: the row decides; its copy in Valkey only saves queries."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import sessions
from accounts.models import User
from accounts.sessions import SessionStore
from config import valkey as talking
from tests.valkeys import Valkey, valkey

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """Return a Valkey of the test's own that serves as the durable one."""
    monkeypatch.setattr(talking, "AWAY_SECONDS", 0.1)
    with valkey() as server:
        settings.CACHES = {**settings.CACHES, "durable": talking.cache(server.url, database=1)}
        yield server


def is_signed_in(key: str) -> bool:
    """Return whether a browser with this session cookie is signed in, on any pod."""
    browser = Client()
    browser.cookies[project.SESSION_COOKIE_NAME] = key
    return "/accounts/logout/" in browser.get("/").content.decode()


def ttl_seconds(store: SessionStore) -> Any:
    cache: Any = caches["durable"]
    return cache.ttl(store.cache_key)


@pytest.mark.parametrize("how", ["freeze", "cut off"])
def test_a_sign_out_while_valkey_is_away_holds_when_it_is_back(
    how: str, own: Valkey, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CACHED_SECONDS", 1)
    client.force_login(alice)
    key = client.cookies[project.SESSION_COOKIE_NAME].value
    assert is_signed_in(key)
    moved = own.socket.with_suffix(".moved")
    if how == "freeze":
        own.freeze()
    else:
        own.socket.rename(moved)
        caches["durable"].client.get_client().connection_pool.disconnect()  # type: ignore[attr-defined]  # django-redis'
    client.post("/accounts/logout/")
    assert not Session.objects.exists()
    if how == "freeze":
        own.thaw()
    else:
        moved.rename(own.socket)
    time.sleep(1.1)
    assert not is_signed_in(key)
    caches["durable"].set("it is", "back")
    assert caches["durable"].get("it is") == "back"


def test_every_copy_expires_within_a_minute(own: Valkey) -> None:
    store = SessionStore()
    store["a"] = 1
    store.save()
    assert 0 < ttl_seconds(store) <= 60
    caches["durable"].clear()
    again = SessionStore(store.session_key)
    assert again["a"] == 1
    assert 0 < ttl_seconds(store) <= 60


def test_a_copy_does_not_outlive_its_session(own: Valkey) -> None:
    store = SessionStore()
    store["a"] = 1
    store.set_expiry(5)
    store.save()
    assert 0 < ttl_seconds(store) <= 5


def test_a_copy_saves_the_query_and_is_not_renewed_by_use(
    own: Valkey, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CACHED_SECONDS", 1)
    store = SessionStore()
    store["a"] = 1
    store.save()
    with django_assert_num_queries(0):
        for _ in range(5):
            assert SessionStore(store.session_key)["a"] == 1
            time.sleep(0.1)
    time.sleep(0.6)
    with django_assert_num_queries(1):
        assert SessionStore(store.session_key)["a"] == 1


def test_a_session_that_does_not_exist_is_empty_and_not_cached(own: Valkey) -> None:
    store = SessionStore("nothing-of-that-kind-1234567890ab")
    assert dict(store.items()) == {}
    assert store.session_key is None


def test_copies_of_the_asynchronous_methods_expire_as_well(own: Valkey) -> None:
    async def save() -> SessionStore:
        store = SessionStore()
        await store.aset("a", 1)
        await store.asave()
        return store

    store = async_to_sync(save)()
    assert 0 < ttl_seconds(store) <= 60
