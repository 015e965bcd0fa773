"""The tokens of users in Valkey, also while Valkey is away."""

import pytest
import redis
from django.core.cache import caches
from pytest_django import Settings

from sharding.consistency import token_store
from sharding.consistency.token_store import TokenStore

pytestmark = pytest.mark.usefixtures("db")


def test_tokens_are_kept_per_user() -> None:
    store = TokenStore()
    store.merge("7", {"shard0": 2**52, "default": 5})
    assert store.load("7") == {"shard0": 2**52, "default": 5}
    assert store.load("8") == {}


def test_the_larger_lsn_stays_in_either_order() -> None:
    store = TokenStore()
    store.merge("7", {"shard0": 9})
    store.merge("7", {"shard0": 4, "shard1": 1})
    assert store.load("7") == {"shard0": 9, "shard1": 1}


def test_tokens_expire(settings: Settings) -> None:
    TokenStore().merge("7", {"shard0": 9})
    client = token_store._client()
    assert 0 < client.ttl(token_store._key("7")) <= settings.CAUSAL_TOKEN_TTL_SECONDS


def test_nothing_is_kept_for_nothing() -> None:
    TokenStore().merge("7", {})
    assert not token_store._client().exists(token_store._key("7"))


def test_the_key_is_the_caches_own() -> None:
    assert token_store._key("7") == caches["durable"].make_key("causal:7")


def test_a_valkey_that_is_away_is_no_error_and_not_asked_again_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    questions = []

    def away() -> object:
        questions.append(1)
        raise redis.ConnectionError("away")

    store = TokenStore()
    store.merge("7", {"shard0": 9})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_store, "_client", away)
        assert store.load("7") == {}
        assert store.load("7") == {}
        store.merge("7", {"shard0": 10})
        assert questions == [1]
        assert "kept by cookies alone" in caplog.text
        patch.setattr(token_store, "AWAY_SECONDS", 0)
        store._away_until = 0
        store.merge("7", {"shard0": 10})
        assert len(questions) == 2
    store._away_until = 0
    assert store.load("7") == {"shard0": 9}
