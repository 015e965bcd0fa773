"""Sessions: when a replica may answer, what counts as a write, which token the next reader gets."""

import threading
from contextvars import copy_context

import pytest
from django.db import OperationalError, connections
from pytest_django import Settings

from sharding.connections import replicas
from sharding.consistency import causal, tokens
from sharding.consistency.tokens import Tokens
from sharding.rows import buckets, transactions
from tests.sharding.tree_model import Plant

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.usefixtures("tree_tables", "lagging_replicas"),
]


def _plant(owner_id: int) -> Plant:
    return Plant.objects.create(owner_id=owner_id, name="fern")


def test_a_reader_without_a_token_reads_a_replica(ben: int) -> None:
    _plant(ben)
    with causal.session() as session:
        assert not Plant.objects.of(ben).exists()
    assert session.aliases_used == {"shard1_r1"}
    assert session.used_replica()


def test_outside_of_a_session_everything_is_read_from_primaries(ben: int) -> None:
    _plant(ben)
    assert Plant.objects.of(ben).exists()
    assert causal.current().aliases_used == set()
    assert causal.written() == {}


def test_after_a_write_the_rest_of_the_session_reads_that_primary(ann: int, ben: int) -> None:
    _plant(ann)
    with causal.session() as session:
        _plant(ben)
        assert Plant.objects.of(ben).exists()
        assert not Plant.objects.of(ann).exists()
    assert session.dirty == {"shard1"}
    assert session.aliases_used == {"shard1", "shard0_r1"}


@pytest.mark.parametrize("verb", ["update", "delete", "save"])
def test_every_kind_of_write_is_noticed(ben: int, verb: str) -> None:
    plant = _plant(ben)
    with causal.session() as session:
        if verb == "update":
            Plant.objects.of(ben).update(name="moss")
        elif verb == "delete":
            Plant.objects.of(ben).delete()
        else:
            plant.save()
        assert session.dirty == {"shard1"}


def test_reading_the_primary_is_no_write(ben: int) -> None:
    _plant(ben)
    with causal.session() as session, causal.pin():
        assert Plant.objects.of(ben).exists()
        assert session.dirty == set()
        assert session.written() == {}


def test_raw_sql_on_a_primary_is_noticed() -> None:
    with causal.session() as session, connections["shard0"].cursor() as cursor:
        cursor.execute("UPDATE trees_plant SET name = 'moss'")
        assert session.dirty == {"shard0"}


def test_the_token_of_a_writer_lets_the_next_reader_see(ben: int) -> None:
    with causal.session() as writer:
        _plant(ben)
        token = writer.token()
    assert token.keys() == {"shard1", tokens.MAP}
    with causal.session(token) as reader:
        assert Plant.objects.of(ben).exists()
    assert reader.aliases_used == {"shard1"}


def test_a_token_grows_with_every_write(ben: int) -> None:
    with causal.session() as session:
        _plant(ben)
        first = session.written()["shard1"]
        _plant(ben)
        assert session.written()["shard1"] > first


def test_inside_a_transaction_the_primary_is_read(ben: int) -> None:
    _plant(ben)
    with causal.session() as session:
        with transactions.shard_atomic(owner_id=ben):
            assert Plant.objects.of(ben).exists()
        assert not Plant.objects.of(ben).exists()
    assert session.aliases_used == {"shard1", "shard1_r1"}


def test_pins_nest_and_end() -> None:
    def reads() -> tuple[str, str]:
        return causal.alias_for_read("shard0"), causal.alias_for_read("shard1")

    with causal.session():
        with causal.pin("shard0"):
            assert reads() == ("shard0", "shard1_r1")
            with causal.pin():
                assert reads() == ("shard0", "shard1")
            assert reads() == ("shard0", "shard1_r1")
        assert reads() == ("shard0_r1", "shard1_r1")


def test_a_pin_ends_with_an_error() -> None:
    with causal.session():
        with pytest.raises(OperationalError), causal.pin():
            raise OperationalError
        assert causal.alias_for_read("shard0") == "shard0_r1"


def test_a_session_within_a_session_sees_what_the_outer_one_wrote_and_tells_what_it_wrote(
    ann: int, ben: int
) -> None:
    with causal.session({"default": 7}) as outer:
        _plant(ben)
        with causal.session({"shard0": 9}) as inner:
            assert Plant.objects.of(ben).exists()
            assert inner.required() == {"default": 7, "shard0": 9}
            _plant(ann)
        assert outer.dirty == {"shard0", "shard1"}
    assert causal.current().dirty == set()


def test_the_token_is_loaded_once_and_only_when_a_replica_could_answer(settings: Settings) -> None:
    calls: list[int] = []

    def load() -> Tokens:
        calls.append(1)
        assert causal.alias_for_read("default") == "default"  # whatever is read for it is read from primaries
        return {}

    with causal.session(load):
        with causal.pin():
            causal.alias_for_read("shard0")
        assert calls == []
        causal.alias_for_read("shard0")
        causal.alias_for_read("shard1")
        assert calls == [1]


def test_a_choice_is_kept_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(replicas, "choose", lambda primary, lsn: calls.append(primary))
    with causal.session():
        for _ in range(5):
            assert causal.alias_for_read("shard0") == "shard0"
    assert calls == ["shard0"]


def test_a_choice_is_not_kept_when_buckets_have_come_to_the_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(replicas, "choose", lambda primary, lsn: calls.append(lsn))
    buckets.shard_of(0)
    with causal.session():
        causal.alias_for_read("shard0")
        monkeypatch.setitem(buckets.bucket_map._floors, "shard0", 77)
        causal.alias_for_read("shard0")
    assert calls == [0, 77]


def test_without_replicas_everything_is_read_from_primaries(settings: Settings) -> None:
    settings.READ_FROM_REPLICAS = False
    with causal.session():
        assert causal.alias_for_read("shard0") == "shard0"


def test_a_primary_that_does_not_tell_its_lsn_leaves_a_warning_and_no_token(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with causal.session() as session:
        session.note_write("shard0")

        def gone() -> None:
            raise OperationalError("gone")

        monkeypatch.setattr(connections["shard0"], "cursor", gone)
        assert session.written() == {}
    assert "shard0 did not tell its LSN" in caplog.text


def test_threads_with_a_copied_context_share_the_session() -> None:
    with causal.session() as session:
        thread = threading.Thread(target=copy_context().run, args=(causal.note_write, "shard0"))
        thread.start()
        thread.join()
        assert session.dirty == {"shard0"}


def test_a_stale_answer_is_accepted_when_it_is_better_than_none() -> None:
    with causal.session({"shard0": 7}) as session:
        assert causal.alias_for_read("shard0") == "shard0"
        session.accepts_stale = True
        session.forget_choices()
        assert causal.alias_for_read("shard0") == "shard0_r1"
