"""A page of the newest photos of all owners from one to eight shards, also with one that hangs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.test import Client

from accounts.models import User
from photos.models import Photo, Stage, State
from sharding.consistency import causal
from sharding.gather import keyset
from sharding.rows import buckets, ids
from tests.bench.data.fleet import SHARDS

PHOTOS_A_SHARD, PEOPLE, PAGE, ROUNDS = 3000, 4000, 40, 60
TARGET = 1.5
DEADLINE_SECONDS = 0.5
COUNTS, FAR_MS = (1, 2, 4, 8), 5.0


@dataclass(frozen=True)
class Timed:
    """Milliseconds of a page over this number of shards."""

    shards: int
    kind: str
    median: float


def fill() -> None:
    """Create photos of many owners on every shard."""
    User.objects.bulk_create(User(id=number, username=f"person{number}") for number in range(1, PEOPLE + 1))
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    photos: dict[str, list[Photo]] = {alias: [] for alias in SHARDS}
    for number in range(PHOTOS_A_SHARD * len(SHARDS)):
        owner = number % PEOPLE + 1
        photos[buckets.shard_for_owner(owner)].append(photo(owner, number, moment))
    for alias, of_shard in photos.items():
        Photo.objects.bulk_create(of_shard, batch_size=1000)
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")


def photo(owner: int, number: int, moment: datetime) -> Photo:
    """A public photo; no bytes are stored."""
    at = moment + timedelta(seconds=number)
    return Photo(
        id=ids.pack(number + 1, ids.bucket_for_owner(owner), 0),
        owner_id=owner, sha256=f"{owner:08x}{number:056x}", original_key=f"up/{number}", original_bytes=1,
        content_type="image/jpeg", filename="photo.jpg", state=State.READY, stage=Stage.FULL, width=1200, height=800,
        stamp=f"{number:016x}", recipe_version=1, state_at=at, created_at=at, caption=f"Number {number}",
    )  # fmt: skip


def measure() -> list[Timed]:
    """Time each kind over 1, 2, 4 and 8 shards, interleaved."""
    kinds: dict[str, Callable[[], object]] = {
        "the rows": partial(newest, 0.0),
        f"the rows, {FAR_MS:g} ms away": partial(newest, FAR_MS),
        "/explore/, whole": explore,
    }
    timings: dict[tuple[str, int], list[float]] = {(kind, count): [] for kind in kinds for count in COUNTS}
    for _ in range(ROUNDS):
        for (kind, count), rounds in timings.items():
            settings.SHARDS = list(SHARDS[:count])
            began = time.perf_counter()
            kinds[kind]()
            rounds.append((time.perf_counter() - began) * 1000)
    settings.SHARDS = list(SHARDS)
    return [Timed(count, kind, statistics.median(rounds)) for (kind, count), rounds in timings.items()]


def newest(far_ms: float) -> None:
    """Load the rows of one page."""
    with causal.session():
        page = keyset.newest(far(Photo.objects.everywhere().public(), far_ms), limit=PAGE)
    assert len(page.rows) == PAGE, page.missing


def explore() -> None:
    """Render the whole page."""
    page = Client(headers={"Host": "bench"}).get("/explore/")
    assert page.content.count(b"data-photo") == PAGE


def far(rows: QuerySet[Photo], far_ms: float) -> QuerySet[Photo]:
    """Load rows with a delay in the server that stands for a network."""
    return rows.extra(where=[f"(SELECT pg_sleep({far_ms / 1000})) IS NOT NULL"]) if far_ms else rows  # noqa: S610 - a number of ours


def measure_hanging() -> tuple[float, int]:
    """Return (milliseconds, rows) of a page while one shard hangs."""

    def ask(alias: str) -> QuerySet[Photo]:
        return far(Photo.objects.on(alias).public(), far_ms=30_000 if alias == SHARDS[3] else 0)

    with causal.session():
        began = time.perf_counter()
        page = keyset.newest(ask, limit=PAGE, aliases=SHARDS, deadline_seconds=DEADLINE_SECONDS)
        took = (time.perf_counter() - began) * 1000
    assert set(page.missing) == {SHARDS[3]}, page.missing
    return took, len(page.rows)


def table(timed: list[Timed], hanging: tuple[float, int]) -> str:
    """Return printable lines with ratios to one shard."""
    lines = [f"A page of {PAGE} photos over shards, ms (median)"]
    for kind in dict.fromkeys(each.kind for each in timed):
        rows = [each for each in timed if each.kind == kind]
        ratios = [each.median / rows[0].median for each in rows]
        lines += [
            f"  {kind:<24} {each.shards} shards {each.median:8.1f}   {ratio:5.2f} x one shard"
            for each, ratio in zip(rows, ratios, strict=True)
        ]
        lines.append(f"  {'met   ' if ratios[-1] <= TARGET else 'MISSED'} at most {TARGET} x for eight")
    took, rows_shown = hanging
    lines.append(
        f"One of eight hangs, deadline {DEADLINE_SECONDS * 1000:.0f} ms: {rows_shown} photos after {took:.0f} ms"
    )
    return "\n".join(lines)
