"""Hit ratios of eviction policies: LFU against LRU, on Zipf-distributed traces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import redis

from tests.valkeys import valkey

KEYS, ASKED, AT_ONCE, BYTES = 20_000, 120_000, 100, 1_000
OVERHEAD_BYTES = 1_300_000  # of an empty server
SKEWS, SHARES = (0.8, 1.0), (0.05, 0.2)
POLICIES = ("allkeys-lru", "allkeys-lfu")
SCANNED = 0.3  # of what is asked for, by a crawler that asks for each thing once


@dataclass(frozen=True)
class Kept:
    """The hit ratio of each policy; `ideal` is that of a cache that always holds the most popular keys."""

    skew: float
    share: float
    is_scanned: bool
    ideal: float
    ratios: dict[str, float]


def measure() -> list[Kept]:
    """Measure each policy on each trace."""
    results = []
    for skew in SKEWS:
        for share in SHARES:
            for is_scanned in (False, True) if share == SHARES[0] else (False,):
                requested = trace(skew, is_scanned=is_scanned)
                ratios = {policy: hit_ratio(policy, share, requested) for policy in POLICIES}
                results.append(
                    Kept(skew, share, is_scanned, ideal(skew, share, is_scanned=is_scanned), ratios)
                )
    return results


def trace(skew: float, *, is_scanned: bool) -> list[int]:
    """Return the keys that are requested, in order; the same in each run."""
    random = np.random.default_rng(7)
    requested = random.choice(KEYS, ASKED, p=popularity(skew))
    if is_scanned:
        scans = random.random(ASKED) < SCANNED
        requested[scans] = KEYS + np.arange(scans.sum())
    return [int(key) for key in requested]


def popularity(skew: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the probability of each key: the n-th is proportional to n to the power of -skew."""
    weights = np.arange(1, KEYS + 1, dtype=np.float64) ** -skew
    return np.asarray(weights / weights.sum())


def ideal(skew: float, share: float, *, is_scanned: bool) -> float:
    """Return the hit ratio of a cache that always holds the most popular keys."""
    of_popular = float(popularity(skew)[: int(KEYS * share)].sum())
    return of_popular * (1 - SCANNED if is_scanned else 1)


def hit_ratio(policy: str, share: float, requested: list[int]) -> float:
    """Read through a real Valkey and return the hit ratio of the second half, when it is full."""
    room = OVERHEAD_BYTES + int(KEYS * share * (BYTES + 100))
    value, hits = b"x" * BYTES, 0
    with (
        valkey("--maxmemory", str(room), "--maxmemory-policy", policy) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        for start in range(0, ASKED, AT_ONCE):
            keys = requested[start : start + AT_ONCE]
            with client.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.exists(key)
                    pipeline.getex(key)
                answers = pipeline.execute()[::2]
                hits += sum(answers) if start >= ASKED // 2 else 0
                for key, is_there in zip(keys, answers, strict=True):
                    if not is_there:
                        pipeline.set(key, value)
                pipeline.execute()
    return hits / (ASKED - ASKED // 2)


def table(kept: list[Kept]) -> str:
    """Return printable lines."""
    lines = [f"Hit ratio by policy: {KEYS} values of {BYTES} bytes, {ASKED} questions"]
    for each in kept:
        lru, lfu = (each.ratios[policy] for policy in POLICIES)
        scanned = ", a third of it scans" if each.is_scanned else ""
        what = f"Zipf {each.skew:g}, room for {each.share:.0%}{scanned}"
        lines.append(
            f"  {what:<44} LRU {lru:.3f}   LFU {lfu:.3f}   ideal {each.ideal:.3f}   {lfu / lru:.2f} x"
        )
    is_met = all(each.ratios[POLICIES[1]] >= each.ratios[POLICIES[0]] for each in kept)
    lines.append(f"  {'met   ' if is_met else 'MISSED'} LFU keeps at least as much as LRU on every trace")
    return "\n".join(lines)
