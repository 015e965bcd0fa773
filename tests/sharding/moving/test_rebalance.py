"""Plans that level the shards: valid for any weights, and never longer than necessary."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharding.models import OutboxEvent
from sharding.moving import rebalance
from sharding.moving.rebalance import Step
from sharding.rows.allocation import new_ids
from sharding.rows.transactions import shard_atomic

SHARDS = ("shard0", "shard1", "shard2")


def _apply(homes: dict[int, str], steps: list[Step]) -> dict[int, str]:
    for step in steps:
        assert homes[step.bucket] == step.source != step.target
    return {**homes, **{step.bucket: step.target for step in steps}}


@given(
    weights=st.lists(st.floats(0.01, 1000), min_size=1, max_size=60),
    places=st.lists(st.sampled_from(SHARDS), min_size=60, max_size=60),
)
def test_a_plan_never_makes_the_fullest_shard_fuller(weights: list[float], places: list[str]) -> None:
    weighed, homes = dict(enumerate(weights)), dict(zip(range(len(weights)), places, strict=False))
    steps = rebalance.plan(weighed, homes, SHARDS)
    assert len({step.bucket for step in steps}) == len(steps)
    before = rebalance.loads(weighed, homes, SHARDS)
    after = rebalance.loads(weighed, _apply(homes, steps), SHARDS)
    assert max(after.values()) <= max(before.values()) + 1e-6
    assert min(after.values()) >= min(before.values()) - 1e-6


def test_a_new_shard_gets_its_part_of_even_buckets() -> None:
    weights, homes = dict.fromkeys(range(300), 1.0), {n: SHARDS[n % 2] for n in range(300)}
    steps = rebalance.plan(weights, homes, SHARDS)
    assert set(Counter(_apply(homes, steps).values()).values()) <= set(range(97, 104))
    assert len(steps) < 110
    assert {step.target for step in steps} == {"shard2"}


def test_a_heavy_bucket_stays_and_the_light_ones_go() -> None:
    weights = {0: 100.0} | dict.fromkeys(range(1, 101), 1.0)
    homes = dict.fromkeys(range(101), "shard0")
    steps = rebalance.plan(weights, homes, ("shard0", "shard1"))
    assert {step.bucket for step in steps} in ({0}, set(range(1, 101)))


def test_a_bucket_that_outweighs_all_others_does_not_keep_them_from_being_levelled() -> None:
    weights = {0: 1000.0} | dict.fromkeys(range(1, 101), 1.0)
    homes = {0: "shard2"} | dict.fromkeys(range(1, 101), "shard0")
    after = _apply(homes, rebalance.plan(weights, homes, SHARDS))
    assert after[0] == "shard2"
    assert Counter(after.values())["shard1"] > 30


def test_level_shards_are_left_alone_and_a_plan_can_be_cut_short() -> None:
    weights = dict.fromkeys(range(100), 1.0)
    assert rebalance.plan(weights, {n: SHARDS[n % 2] for n in range(100)}, SHARDS[:2]) == []
    assert len(rebalance.plan(weights, dict.fromkeys(range(100), "shard0"), SHARDS, most=7)) == 7


def test_a_shard_that_is_left_is_empty_afterwards() -> None:
    weights, homes = dict.fromkeys(range(90), 1.0), {n: SHARDS[n % 3] for n in range(90)}
    after = _apply(homes, rebalance.plan(weights, homes, SHARDS, leaving=["shard1"]))
    assert Counter(after.values()) == {"shard0": 45, "shard2": 45}


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("by", rebalance.MEASURES)
def test_buckets_are_weighed_by_what_they_hold(by: str) -> None:
    for bucket, count in ((20, 5), (21, 1)):
        for n in range(count):
            with shard_atomic(bucket=bucket):
                OutboxEvent(id=new_ids(bucket)[0], topic="test.weight", payload={"n": n}).save()
    weights = rebalance.weigh(by)
    assert weights[20] > weights[21] > weights[22] > 0
    assert len(weights) == 8192
