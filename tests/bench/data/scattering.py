"""A page of everybody's newest photos from one to eight shards, and with one that hangs."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connections
from django.db.models import QuerySet

from photos.models import Photo, Stage, State
from sharding import buckets, causal, keyset
from tests.bench.data.fleet import SHARDS

PHOTOS_A_SHARD, PEOPLE, PAGE, ROUNDS = 3000, 4000, 40, 60
TARGET = 1.5
DEADLINE_SECONDS = 0.5


@dataclass(frozen=True)
class Timed:
    """Milliseconds of a page over so many shards, by network distance."""

    shards: int
    distance_ms: float
    median: float


def fill() -> None:
    """Give every shard its photos, of many people."""
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    photos: dict[str, list[Photo]] = {alias: [] for alias in SHARDS}
    for number in range(PHOTOS_A_SHARD * len(SHARDS)):
        owner = number % PEOPLE
        photos[buckets.shard_for_owner(owner)].append(photo(owner, number, moment))
    for alias, of_shard in photos.items():
        Photo.objects.bulk_create(of_shard, batch_size=1000)
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")


def photo(owner: int, number: int, moment: datetime) -> Photo:
    """A photo that everybody may see; no bytes are stored."""
    at = moment + timedelta(seconds=number)
    return Photo(
        owner_id=owner, sha256=f"{owner:08x}{number:056x}", original_key=f"up/{number}", original_bytes=1,
        content_type="image/jpeg", filename="photo.jpg", state=State.READY, stage=Stage.FULL, width=1200, height=800,
        stamp=f"{number:016x}", recipe_version=1, state_at=at, created_at=at, caption=f"Number {number}",
    )  # fmt: skip


def measure(distances_ms: tuple[float, ...] = (0.0, 5.0)) -> list[Timed]:
    """Time pages over 1, 2, 4 and 8 shards, interleaved."""
    counts = (1, 2, 4, 8)
    found: dict[tuple[float, int], list[float]] = {
        (far, count): [] for far in distances_ms for count in counts
    }
    for _ in range(ROUNDS):
        for (far, count), rounds in found.items():
            with causal.session():
                began = time.perf_counter()
                page = keyset.newest(
                    lambda alias, far=far: rows_on(alias, far), limit=PAGE, aliases=SHARDS[:count]
                )
                rounds.append((time.perf_counter() - began) * 1000)
            assert len(page.rows) == PAGE, page.missing
    return [Timed(count, far, statistics.median(rounds)) for (far, count), rounds in found.items()]


def rows_on(alias: str, far_ms: float) -> QuerySet[Photo]:
    """One shard's public photos, from so far away: the server waits as long as a network would take."""
    rows = Photo.objects.on(alias).public()
    return rows.extra(where=[f"(SELECT pg_sleep({far_ms / 1000})) IS NOT NULL"]) if far_ms else rows  # noqa: S610


def measure_hanging() -> tuple[float, int]:
    """Return (milliseconds, rows) of a page while one shard hangs."""

    def ask(alias: str) -> QuerySet[Photo]:
        return rows_on(alias, 30_000 if alias == SHARDS[3] else 0)

    with causal.session():
        began = time.perf_counter()
        page = keyset.newest(ask, limit=PAGE, aliases=SHARDS, deadline_seconds=DEADLINE_SECONDS)
        took = (time.perf_counter() - began) * 1000
    assert set(page.missing) == {SHARDS[3]}
    return took, len(page.rows)


def table(timed: list[Timed], hanging: tuple[float, int]) -> str:
    """Lines to read; ratios to one shard."""
    lines = [f"A page of {PAGE} photos over shards, ms (median)"]
    for far in dict.fromkeys(each.distance_ms for each in timed):
        rows = [each for each in timed if each.distance_ms == far]
        ratios = [each.median / rows[0].median for each in rows]
        lines += [
            f"  {each.shards} shards, {far:g} ms away {each.median:8.1f}   {ratio:5.2f} x one shard"
            for each, ratio in zip(rows, ratios, strict=True)
        ]
        verdict = "met   " if ratios[-1] <= TARGET else "MISSED"
        lines.append(f"  {verdict} at most {TARGET} x for eight shards, {far:g} ms away")
    took, rows_shown = hanging
    lines.append(
        f"One of eight hangs, deadline {DEADLINE_SECONDS * 1000:.0f} ms: {rows_shown} photos after {took:.0f} ms"
    )
    return "\n".join(lines)
