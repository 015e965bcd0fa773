"""Plans which buckets should move, so that all shards carry about the same weight.

The weights are measured on the shards; the plan is arithmetic over them and changes nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter

from django.conf import settings
from django.db import connections
from django.utils import timezone

from sharding.rows import ids, ownership
from sharding.rows.ids import BUCKETS
from sharding.rows.models import Bucket
from sharding.rows.placement import DIRECTORY

# How much more than the mean a shard may carry before it is worth a move.
TOLERANCE = 0.02
# The weight of an empty bucket, as a fraction of the mean: it will get owners too.
BASE = 0.1
LEAST, ROUNDING = 1e-6, 1e-9

_MEASURES = {
    "rows": "count(*)",
    "bytes": "sum(pg_column_size(t))",
    "load": "count(*) FILTER (WHERE id >= %s)",
}
MEASURES = tuple(_MEASURES)


@dataclass(frozen=True)
class Step:
    """One bucket that should go from one shard to another."""

    bucket: int
    source: str
    target: str
    weight: float


def weigh(by: str) -> dict[int, float]:
    """{bucket: weight}: its rows, the bytes of its rows, or its load (rows made within a day)."""
    weights = dict.fromkeys(range(BUCKETS), 0.0)
    homes = placed()
    since = ids.first_id_at(timezone.now() - timedelta(days=1))
    for alias in settings.SHARDS:
        for table in ownership.tables():
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    f"SELECT ((id >> 10) & 8191)::int, {_MEASURES[by]} FROM {table} AS t GROUP BY 1",
                    [since] if by == "load" else [],
                )
                for bucket, weight in cursor.fetchall():
                    if homes.get(bucket) == alias:  # not rows that a move brings or has left behind
                        weights[bucket] += float(weight or 0)
    base = max(sum(weights.values()) / BUCKETS * BASE, LEAST)
    return {bucket: weight + base for bucket, weight in weights.items()}


def weight_of_empty(weights: Mapping[int, float]) -> float:
    """The weight that `weigh` has given to a bucket without rows."""
    mean = sum(weights.values()) / len(weights)
    return max(mean * BASE / (1 + BASE) * (1 + ROUNDING), LEAST)


def placed() -> dict[int, str]:
    """{bucket: shard} by the map in the directory."""
    return dict(Bucket.objects.using(DIRECTORY).values_list("number", "shard"))


def loads(
    weights: Mapping[int, float], homes: Mapping[int, str], shards: Collection[str]
) -> dict[str, float]:
    """{shard: the weight of its buckets}."""
    carried = dict.fromkeys(shards, 0.0)
    for bucket, shard in homes.items():
        carried[shard] = carried.get(shard, 0.0) + weights[bucket]
    return carried


def is_level(carried: Mapping[str, float]) -> bool:
    """Whether the heaviest and the lightest shard differ by no more than twice TOLERANCE times the mean."""
    mean = sum(carried.values()) / len(carried)
    return max(carried.values()) - min(carried.values()) <= 2 * TOLERANCE * mean


def plan(
    weights: Mapping[int, float],
    homes: Mapping[int, str],
    shards: Collection[str],
    *,
    leaving: Collection[str] = (),
    most: int = BUCKETS,
) -> list[Step]:
    """At most `most` steps that level the shards, and that empty the `leaving` shards first.

    Greedy: the bucket whose weight is nearest to half the gap goes from the heaviest shard to the lightest, while that
    narrows the gap. A shard whose buckets are all too heavy is skipped, and the next heaviest is taken."""
    homes = dict(homes)
    staying = [shard for shard in shards if shard not in leaving]
    carried = loads(weights, homes, shards)
    steps = list(_evacuation(weights, homes, staying, leaving, carried))[:most]
    by_shard: dict[str, list[tuple[float, int]]] = {shard: [] for shard in shards}
    for bucket, shard in homes.items():
        by_shard.setdefault(shard, []).append((weights[bucket], bucket))
    mean = sum(carried[shard] for shard in staying) / len(staying)
    giving = list(staying)
    while giving and len(steps) < most:
        heavy, light = max(giving, key=carried.__getitem__), min(staying, key=carried.__getitem__)
        gap = carried[heavy] - carried[light]
        if gap <= 2 * TOLERANCE * mean:
            break
        fitting = [pair for pair in by_shard[heavy] if pair[0] < gap]
        if not fitting:
            giving.remove(heavy)
            continue
        weight, bucket = min(fitting, key=lambda pair: abs(pair[0] - gap / 2))
        by_shard[heavy].remove((weight, bucket))
        by_shard[light].append((weight, bucket))
        carried[heavy] -= weight
        carried[light] += weight
        steps.append(Step(bucket, heavy, light, weight))
    return _without_detours(steps)


def _evacuation(
    weights: Mapping[int, float],
    homes: dict[int, str],
    staying: Collection[str],
    leaving: Collection[str],
    carried: dict[str, float],
) -> Iterator[Step]:
    going = sorted(
        ((weights[b], b) for b, shard in homes.items() if shard in leaving), key=itemgetter(0), reverse=True
    )
    for weight, bucket in going:
        target = min(staying, key=carried.__getitem__)
        yield Step(bucket, homes[bucket], target, weight)
        homes[bucket] = target
        carried[target] += weight


def _without_detours(steps: list[Step]) -> list[Step]:
    """Merge several steps of a bucket into one, or into none when it would end where it is."""
    ends: dict[int, Step] = {}
    for step in steps:
        first = ends.pop(step.bucket, step)
        if first.source != step.target:
            ends[step.bucket] = Step(step.bucket, first.source, step.target, step.weight)
    return list(ends.values())
