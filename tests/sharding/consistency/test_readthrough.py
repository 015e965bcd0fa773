"""The read-through cache: one load for all readers, and never an old value for a reader who has written."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.db import OperationalError
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from config import valkey as talking
from ops import metrics
from sharding.consistency import causal, readthrough, tokens
from sharding.consistency.readthrough import Group
from sharding.rows import pinning
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic
from tests.valkeys import Valkey, valkey

pytestmark = pytest.mark.django_db(databases="__all__")


class Source:
    """A database stand-in, {key: value}, that counts its questions."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {1: "one", 2: "two"}
        self.loads: list[list[int]] = []
        self.before_answering: Callable[[], object] = lambda: None

    def load(self, keys: list[int]) -> dict[int, str]:
        self.loads.append(keys)
        values = {key: self.rows[key] for key in keys if key in self.rows}
        self.before_answering()
        return values


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def group(source: Source) -> Group[int, str]:
    return Group("source", source.load, fresh_seconds=60)


@pytest.fixture
def own(settings: Settings) -> Iterator[Valkey]:
    """A Valkey of its own behind the cache."""
    with valkey() as server:
        settings.CACHES = {**settings.CACHES, "default": talking.cache(server.url)}
        yield server


def counted(outcome: str) -> float:
    return (
        metrics.registry.get_sample_value(
            "tessera_cache_reads_total", {"group": "source", "outcome": outcome}
        )
        or 0.0
    )


def test_what_was_loaded_is_not_asked_for_again(group: Group[int, str], source: Source) -> None:
    assert group.get_many([1, 2, 1]) == {1: "one", 2: "two"}
    assert group.get(1) == "one"
    assert group.get_many([]) == {}
    assert source.loads == [[1, 2]]


def test_that_there_is_nothing_is_kept_too_until_there_is_something(
    group: Group[int, str], source: Source
) -> None:
    assert [group.get(3), group.get(3)] == [None, None]
    assert source.loads == [[3]]
    source.rows[3] = "three"
    group.invalidate([3])
    assert group.get(3) == "three"


def test_a_write_invalidates_the_value_for_all_readers(group: Group[int, str], source: Source) -> None:
    group.get_many([1, 2])
    source.rows[1] = "uno"
    group.invalidate([1])
    assert group.get_many([1, 2]) == {1: "uno", 2: "two"}
    assert source.loads == [[1, 2], [1]]


def test_a_slow_reader_cannot_put_the_old_value_over_a_newer_one(
    group: Group[int, str], source: Source
) -> None:
    def write_meanwhile() -> None:
        source.before_answering = lambda: None
        source.rows[1] = "uno"
        group.invalidate([1])

    source.before_answering = write_meanwhile
    assert group.get(1) == "one", "the reader had read before the write"
    assert group.get(1) == "uno"


def test_the_cache_is_filled_from_primaries(source: Source) -> None:
    seen: list[bool] = []
    source.before_answering = lambda: seen.append(pinning.is_pinned("default"))
    with causal.session():
        Group("source", source.load, fresh_seconds=60).get(1)
    assert seen == [True]


def test_a_transaction_neither_takes_from_the_cache_nor_puts_into_it(
    group: Group[int, str], source: Source
) -> None:
    with shard_atomic(alias=DIRECTORY):
        source.rows[1] = "uncommitted"
        assert group.get(1) == "uncommitted"
    source.rows[1] = "one"
    assert group.get(1) == "one"


def test_the_commit_invalidates_a_value_loaded_during_it(
    group: Group[int, str],
    source: Source,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(using=DIRECTORY, execute=True):
        with shard_atomic(alias=DIRECTORY):
            group.invalidate([1])
        assert group.get(1) == "one", "another process, before the commit"
        source.rows[1] = "uno"
    assert group.get(1) == "uno"


def test_a_value_whose_time_has_come_is_loaded_by_one_while_others_have_the_old(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    group: Group[int, str] = Group("source", source.load, fresh_seconds=1)
    group.get(1)
    now = readthrough._now_ms
    monkeypatch.setattr(readthrough, "_now_ms", lambda: now() + 1500)
    source.rows[1] = "uno"
    stale, old = counted("stale"), []
    source.before_answering = lambda: old.append(group.get(1))
    assert group.get(1) == "uno"
    assert old == ["one"]
    assert counted("stale") == stale + 1
    assert group.get(1) == "uno"
    assert len(source.loads) == 2


def test_values_made_at_once_do_not_end_at_once(source: Source) -> None:
    source.rows = {key: str(key) for key in range(50)}
    group: Group[int, str] = Group("source", source.load, fresh_seconds=60)
    group.get_many(range(50))
    kept = caches["default"].get_many([group._key(key) for key in range(50)])
    ends = sorted(entry[2] - entry[1] for entry in kept.values())
    assert 54_000 <= ends[0] < 58_000
    assert 62_000 < ends[-1] <= 66_000


def test_an_old_value_is_good_enough_when_the_database_is_away(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    group: Group[int, str] = Group("source", source.load, fresh_seconds=1)
    group.get(1)
    now = readthrough._now_ms

    def fail() -> None:
        raise OperationalError("gone")

    source.before_answering = fail
    monkeypatch.setattr(readthrough, "_now_ms", lambda: now() + 1500)
    assert group.get(1) == "one"
    with pytest.raises(OperationalError):
        group.get(2)


def test_of_a_thousand_readers_of_a_cold_key_one_loads(
    own: Valkey, source: Source, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thousand threads of one process may take longer to get their turns than PATIENCE_SECONDS.
    monkeypatch.setattr(readthrough, "PATIENCE_SECONDS", 60)
    monkeypatch.setattr(readthrough, "LOADING_SECONDS", 60)
    settings.CACHES["default"]["OPTIONS"]["CONNECTION_POOL_KWARGS"] |= {
        "max_connections": 2000,
        "socket_timeout": 30,
        "socket_connect_timeout": 30,
    }
    group: Group[int, str] = Group("source", source.load, fresh_seconds=60)
    source.before_answering = lambda: time.sleep(0.2)
    values: list[str | None] = []
    threads = [threading.Thread(target=lambda: values.append(group.get(1))) for _ in range(1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == ["one"] * 1000
    assert source.loads == [[1]]


def test_a_loader_that_died_is_not_waited_for_for_ever(
    group: Group[int, str], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readthrough, "PATIENCE_SECONDS", 0.1)
    assert group._elect([1])
    assert group.get(1) == "one"


def test_without_a_valkey_everything_is_loaded(own: Valkey, group: Group[int, str], source: Source) -> None:
    own.kill()
    assert [group.get(1), group.get(1)] == ["one", "one"]
    group.invalidate([1])
    assert source.loads == [[1], [1]]


def test_who_wrote_while_valkey_was_away_sees_it_also_when_that_is_back_with_the_old_value(
    group: Group[int, str], source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise redis.ConnectionError

    group.get(1)
    with causal.session() as writer, monkeypatch.context() as patch:
        patch.setattr(readthrough, "_client", away)
        source.rows[1] = "uno"
        group.invalidate([1])
        token = writer.token()
    assert tokens.CACHE in tokens.load(tokens.dump(token)), "it travels in cookies and messages"
    assert group.get(1) == "one", "other readers get the old value until it expires"
    with causal.session(token):
        assert group.get(1) == "uno"


def test_outcomes_are_counted_by_group(group: Group[int, str]) -> None:
    before = {outcome: counted(outcome) for outcome in ("hit", "miss", "load")}
    group.get_many([1, 2])
    group.get_many([1, 2])
    assert {outcome: counted(outcome) - before[outcome] for outcome in before} == {
        "hit": 2,
        "miss": 2,
        "load": 1,
    }


def test_keys_do_not_meet(source: Source) -> None:
    other: Any = Group("other", lambda keys: dict.fromkeys(keys, "other"), fresh_seconds=60)
    assert other.get(1) == "other"
    assert Group("source", source.load, fresh_seconds=60).get(1) == "one"
