"""A Valkey that is frozen or gone costs one time-out, not one for each command."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django_redis import get_redis_connection
from pytest_django import Settings

from accounts.models import User
from config import valkey as talking
from tests.valkeys import Valkey, valkey


@pytest.fixture
def own() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture
def cache(own: Valkey, settings: Settings) -> Any:
    """The durable cache, in a Valkey of the test's own."""
    settings.CACHES = {**settings.CACHES, "durable": talking.cache(own.url, database=1)}
    return caches["durable"]


def seconds(do: Any) -> float:
    started = time.monotonic()
    do()
    return time.monotonic() - started


def test_a_frozen_valkey_costs_one_time_out_and_then_nothing(cache: Any, own: Valkey) -> None:
    cache.set("a", 1)
    own.freeze()
    assert talking.ANSWER_SECONDS * 0.9 < seconds(lambda: cache.get("a")) < 1
    assert seconds(lambda: [cache.get("a") for _ in range(100)]) < 0.2
    assert cache.get("a") is None
    assert cache.get("a", "default") == "default"


def test_it_is_tried_again_after_the_pause_and_still_has_its_keys(
    cache: Any, own: Valkey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(talking, "AWAY_SECONDS", 0.2)
    caplog.set_level(logging.INFO)
    cache.set("a", 1)
    own.freeze()
    for _ in range(3):
        assert cache.get("a") is None
        time.sleep(0.25)
    own.thaw()
    assert cache.get("a") == 1
    messages = [record.getMessage() for record in caplog.records if record.name == "valkey"]
    assert [sum(word in line for line in messages) for word in ("valkey.away", "valkey.back")] == [1, 1]


def test_one_thread_finds_out_for_the_others(
    cache: Any, own: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "AWAY_SECONDS", 0.1)
    own.freeze()
    cache.get("a")
    monkeypatch.setattr(talking, "AWAY_SECONDS", 5)
    time.sleep(0.15)
    waited: list[float] = []
    threads = [
        threading.Thread(target=lambda: waited.append(seconds(lambda: caches["durable"].get("a"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([wait for wait in waited if wait > talking.ANSWER_SECONDS * 0.9]) == 1


def test_a_valkey_that_is_gone_is_no_error_and_one_that_has_restarted_is_used_at_once(
    cache: Any, own: Valkey
) -> None:
    cache.set("a", 1)
    own.kill()
    own.start()
    cache.set("a", 2)
    assert cache.get("a") == 2
    own.kill()
    cache.set("a", 3)
    assert cache.get("a") is None
    assert cache.get_many(["a"]) == {}


def test_a_lock_in_a_cache_that_is_away_is_always_granted(cache: Any, own: Valkey) -> None:
    assert [cache.add("lock", 1), cache.add("lock", 1)] == [True, False]
    own.kill()
    assert [cache.add("lock", 1), cache.add("lock", 1)] == [True, True]


def test_each_server_and_database_has_a_breaker_of_its_own(own: Valkey, settings: Settings) -> None:
    gone = talking.cache("unix:///nowhere.sock")
    settings.CACHES = {"default": gone, "durable": talking.cache(own.url, database=1)}
    assert caches["default"].get("a") is None
    caches["durable"].set("a", 1)
    assert caches["durable"].get("a") == 1
    assert get_redis_connection("durable").connection_pool.connection_kwargs["db"] == 1


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the former release, with a class; the test takes it away."""
    module = ModuleType("accounts.former")
    vars(module)["Card"] = type("Card", (), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


@pytest.mark.parametrize("gone", ["module", "class"])
def test_a_value_of_a_class_that_is_gone_is_a_miss(
    cache: Any, former: ModuleType, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    cache.set_many({"old": former.Card(), "plain": "value"})
    assert isinstance(cache.get("old"), former.Card)
    if gone == "module":
        monkeypatch.delitem(sys.modules, former.__name__)
    else:
        monkeypatch.delattr(former, "Card")
    assert cache.get("old") is None
    assert cache.get("old", "default") == "default"
    assert cache.get_many(["old", "plain"]) == {"plain": "value"}
    assert cache.get_or_set("old", "new") == "new"


@pytest.mark.django_db(databases="__all__")
def test_pages_work_with_values_that_the_former_release_has_cached(
    former: ModuleType, monkeypatch: pytest.MonkeyPatch, alice: User, client: Client
) -> None:
    client.force_login(alice)
    entry = (1, 2**60, 2**60, former.Card())  # as `readthrough` keeps it: version, times in ms, value
    cached = [f"{name}:{alice.pk}" for name in ("people", "followees", "suggestions", "avoided", "unread")]
    caches["default"].set_many(dict.fromkeys(cached, entry) | {f"{key}:version": 1 for key in cached})
    caches["durable"].set(f"accounts.sessions{client.session.session_key}", {"_auth_user_id": former.Card()})
    monkeypatch.delitem(sys.modules, former.__name__)
    for address in ("/", "/@alice/", "/people/", "/notifications/"):
        page = client.get(address)
        assert page.status_code == 200
        assert page.context["me"].username == "alice"


@pytest.mark.django_db(databases="__all__")
def test_signing_in_and_every_page_work_at_once_while_both_valkeys_are_frozen(
    own: Valkey, settings: Settings, alice: User
) -> None:
    settings.CACHES = {"default": talking.cache(own.url), "durable": talking.cache(own.url, database=1)}
    own.freeze()
    client = Client()
    form = {"login": "alice", "password": "alicealice"}
    assert client.post("/accounts/login/", form)["Location"] == "/"
    for address in ("/", "/@alice/", "/people/"):
        # A page that asks a Valkey waits for it each time; one of three may have waited for the processor.
        taken = min(seconds(lambda address=address: client.get(address)) for _ in range(3))
        assert taken < talking.ANSWER_SECONDS, address
