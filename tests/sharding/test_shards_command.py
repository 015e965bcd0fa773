"""What an operator sees and steers: shards, their moves, a plan, an empty shard, a drained one."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import Settings

from sharding import buckets, census, moves
from sharding.management.commands.move_bucket import numbers_of
from sharding.models import Bucket

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    buckets.bucket_map.forget()


def _say(command: str, *words: str, **options: object) -> str:
    out = io.StringIO()
    call_command(command, *words, stdout=out, **options)
    return out.getvalue()


def test_the_list_names_every_server_and_what_it_has() -> None:
    lines = _say("shards").splitlines()
    assert lines[0].split() == ["role", "state", "lag", "users", "photos", "bytes", "buckets", "skew"]
    found = {line.split()[0]: line for line in lines[1:]}
    assert found.keys() >= {"shard0", "shard0_r1", "shard1", "shard1_r1"}
    assert "4096" in found["shard0"]
    assert "primary" in found["shard1"]


def test_a_shard_that_does_not_answer_is_shown_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(alias: str, mapped: int) -> census.ShardState:
        return census.ShardState(alias, mapped, "no answer\nwithin 2 s")

    monkeypatch.setattr(census, "_state", away)
    text = _say("shards")
    assert "away" in text
    assert "  no answer\n" in text


def test_moves_are_listed_with_their_history() -> None:
    (move,) = moves.plan([20, 22], to="shard1", asked_by="olga")
    moves.note_problem(move, "the target is full")
    assert "2 buckets from shard0 to shard1, planned: the target is full" in _say("shards", "moves")
    assert "asked_by olga" in _say("shards", "moves", str(move.pk))
    assert f"move {move.pk}" in _say("shards")
    with pytest.raises(CommandError, match="no move 999"):
        _say("shards", "moves", "999")


def test_map_shards_and_rows_agree() -> None:
    assert "agree" in _say("shards", "verify")


def test_a_plan_shows_what_would_be_and_changes_nothing() -> None:
    Bucket.objects.filter(number__lt=1000).update(shard="shard1")
    text = _say("rebalance", "--by", "rows", "--most", "10")
    assert "10 buckets would move" in text
    assert not moves.active().exists()


def test_level_shards_need_no_move() -> None:
    assert "level" in _say("rebalance")


def test_draining_plans_every_bucket_of_a_shard(settings: Settings) -> None:
    assert "4096 buckets would move away from shard1" in _say("shards", "drain", "shard1")
    with pytest.raises(CommandError, match="shard9 is not configured"):
        _say("shards", "drain", "shard9")
    Bucket.objects.filter(shard="shard1").update(shard="shard0")
    assert "take it out of SHARD_URLS" in _say("shards", "drain", "shard1")
    settings.SHARDS = ["shard0"]
    with pytest.raises(CommandError, match="no other shard"):
        _say("shards", "drain", "shard0")


def test_a_new_shard_is_prepared_and_told_what_moves_need() -> None:
    assert "no buckets yet" in _say("shards", "add", "shard1")
    with connections["shard1"].cursor() as cursor:
        cursor.execute("CREATE ROLE modest NOLOGIN")
        cursor.execute("SET LOCAL ROLE modest")
        with pytest.raises(CommandError, match="needs REPLICATION"):
            _say("shards", "add", "shard1")


def test_buckets_are_named_by_numbers_and_ranges() -> None:
    assert numbers_of(["17", "20-22,5"]) == [17, 20, 21, 22, 5]
    with pytest.raises(CommandError, match="names no buckets"):
        numbers_of(["x"])


@pytest.mark.parametrize("words", [[], ["17"], ["--resume", "12345"], ["17", "--to", "shard9"]])
def test_what_makes_no_sense_is_said(words: list[str]) -> None:
    with pytest.raises(CommandError):
        _say("move_bucket", *words)
