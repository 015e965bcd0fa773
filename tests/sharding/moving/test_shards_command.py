"""`manage.py shards` and `rebalance`: state, moves, plans, adding and draining a shard."""

import io
from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from pytest_django import Settings

from accounts.models import User
from sharding.management.commands.move_bucket import numbers_of
from sharding.management.commands.rebalance import batches_of
from sharding.models import Bucket, Move
from sharding.moving import cluster_stats, move_runner, moves, rebalance
from sharding.rows import buckets, ownership
from sharding.rows.ids import BUCKETS, bucket_for_owner

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
    rows = {line.split()[0]: line for line in lines[1:]}
    assert rows.keys() >= {"shard0", "shard0_r1", "shard1", "shard1_r1"}
    assert "4096" in rows["shard0"]
    assert "primary" in rows["shard1"]


def test_a_shard_that_does_not_answer_is_shown_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(alias: str, mapped: int) -> cluster_stats.ShardState:
        return cluster_stats.ShardState(alias, mapped, "no answer\nwithin 2 s")

    monkeypatch.setattr(cluster_stats, "_state", away)
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


def test_an_empty_list_of_moves_says_so() -> None:
    assert _say("shards", "moves") == "Nothing has been moved yet.\n"


def test_a_shard_that_is_away_keeps_no_other_from_being_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    states = ownership.states

    def away(alias: str) -> dict[int, str]:
        if alias == "shard1":
            raise OperationalError("connection timeout expired\nand how it came to that")
        return states(alias)

    monkeypatch.setattr(ownership, "states", away)
    out = io.StringIO()
    Bucket.objects.filter(number=5).update(shard="shard0")
    with pytest.raises(CommandError, match="2 disagreements"):
        call_command("shards", "verify", stdout=out)
    first, second = out.getvalue().splitlines()
    assert first.startswith("bucket 5: the map says shard0")
    assert second == "shard1 cannot be compared, its primary does not answer: connection timeout expired"


@pytest.mark.parametrize("words", [["rebalance"], ["shards", "drain", "shard1"]])
def test_a_plan_needs_every_shard_and_says_so(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    def away(by: str) -> dict[int, float]:
        raise OperationalError("connection timeout expired")

    monkeypatch.setattr(rebalance, "weigh", away)
    with pytest.raises(CommandError, match="expired\nA plan needs every shard"):
        _say(*words)


@pytest.mark.parametrize(
    "words", [["move_bucket", "20", "--to", "shard1"], ["rebalance", "--run", "--most", "1"]]
)
def test_a_server_that_stays_away_ends_a_move_with_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def away(move: Move, *_args: object, **_options: object) -> Move:
        raise OperationalError(f"connection timeout expired in {move.pk}")

    Bucket.objects.filter(number__lt=1000).update(shard="shard0")
    monkeypatch.setattr(move_runner, "run", away)
    with pytest.raises(
        CommandError, match=r"expired in (\d+)\n.*move_bucket --resume \1 goes on, --abort \1 ends it"
    ):
        _say(*words)


def test_map_shards_and_rows_agree() -> None:
    assert "agree" in _say("shards", "verify")


def test_a_plan_shows_what_would_be_and_changes_nothing() -> None:
    Bucket.objects.filter(number__lt=1000).update(shard="shard1")
    text = _say("rebalance", "--by", "rows", "--most", "10")
    assert "10 buckets would move" in text
    assert not moves.active().exists()


def test_level_shards_need_no_move() -> None:
    assert "level" in _say("rebalance")


def test_shards_that_no_move_can_level_are_not_called_level(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy = dict.fromkeys(range(BUCKETS), 1e-6) | {8: 1.0}
    monkeypatch.setattr(rebalance, "weigh", lambda by: heavy)
    Bucket.objects.exclude(number=8).update(shard="shard1")
    assert "not level, and no move helps" in _say("rebalance")


@pytest.mark.parametrize("option", ["--most", "--batch"])
def test_less_than_one_bucket_is_refused(option: str) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        _say("rebalance", "--run", option, "0")


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
    for nonsense in ("x", "20-0", "7-", "-7"):
        with pytest.raises(CommandError, match="names no buckets"):
            numbers_of([nonsense])


def test_an_account_without_photos_counts_where_its_bucket_is() -> None:
    def users() -> list[int]:
        return [int(line.split()[3]) for line in _say("shards").splitlines() if " primary " in line]

    before = users()
    person = User.objects.create_user("newcomer", "newcomer@example.com", "x")
    home = project.SHARDS.index(buckets.shard_of(bucket_for_owner(person.pk)))
    assert users() == [count + (index == home) for index, count in enumerate(before)]
    Bucket.objects.filter(number=bucket_for_owner(person.pk)).update(shard=project.SHARDS[1 - home])
    assert users() == [count + (index != home) for index, count in enumerate(before)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [(["17", "--to", "shard9"], "no shard 'shard9'"), (["9000", "--to", "shard1"], "from 0 to 8191")],
)
def test_a_plan_to_nowhere_is_refused_as_the_move_would_be(words: list[str], problem: str) -> None:
    for how in (["--plan"], []):
        with pytest.raises(CommandError, match=problem):
            _say("move_bucket", *words, *how)


def test_the_empty_buckets_of_a_new_shard_go_in_few_moves() -> None:
    rows = dict.fromkeys(range(BUCKETS), 0.0) | {2: 5000.0, 4: 3000.0, 6: 100.0}
    base = sum(rows.values()) / BUCKETS * rebalance.BASE
    weights = {bucket: weight + base for bucket, weight in rows.items()}
    empty = rebalance.weight_of_empty(weights)
    assert {bucket for bucket, weight in weights.items() if weight > empty} == {2, 4, 6}
    steps = [rebalance.Step(bucket, "shard0", "shard1", weights[bucket]) for bucket in range(1000)]
    assert [len(part) for _, part in batches_of(steps, 2, empty)] == [512, 485, 2, 1]
    nothing = dict.fromkeys(range(BUCKETS), rebalance.LEAST)
    assert rebalance.weight_of_empty(nothing) == rebalance.LEAST


@pytest.mark.parametrize(
    "words",
    [["move_bucket", "20,21,22,23", "--to", "shard1"], ["rebalance", "--run", "--most", "9", "--batch", "2"]],
)
def test_several_moves_wait_for_their_readers_together(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Each for itself waited for ten seconds: most of the time that levelling a small site took."""
    ran: list[tuple[str, int]] = []

    def run(move: Move, say: object, *, until: str, series: move_runner.Series) -> Move:
        ran.append((until, id(series)))
        return move

    monkeypatch.setattr(move_runner, "run", run)
    monkeypatch.setattr(
        rebalance, "weigh", lambda by: dict(enumerate([1000.0] * 1000 + [1.0] * (BUCKETS - 1000)))
    )
    monkeypatch.setattr(moves, "MOST_BUCKETS", 2)
    Bucket.objects.filter(number__lt=1000).update(shard="shard0")
    _say(*words, *(["--pause", "0"] if words[0] == "rebalance" else []))
    states = [state for state, _ in ran]
    assert states.count(Move.State.DETACHED) >= 1
    assert states == sorted(states), "each is detached before the first is cleaned up"
    assert len({series for _, series in ran}) == 1


@pytest.mark.parametrize("words", [[], ["17"], ["--resume", "12345"], ["17", "--to", "shard9"]])
def test_what_makes_no_sense_is_said(words: list[str]) -> None:
    with pytest.raises(CommandError):
        _say("move_bucket", *words)
