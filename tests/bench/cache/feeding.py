"""A page of the home feed: from a timeline, pulled, without a cache, and when the browser has a copy."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import redis
from django.core.cache import caches
from django.db import connections
from django.test import Client, override_settings

from accounts.models import Follow, User
from config import valkey as talking
from photos.feed import home, timelines
from photos.jobs import fanout
from photos.models import Photo
from sharding.rows import buckets
from tests.bench.data.scattering import photo

FOLLOWED, OTHERS, PHOTOS, FANS, ROUNDS = 200, 19_800, 40_000, 10_000, 25


@dataclass
class Timed:
    """Milliseconds of CPU time in this process, and of wall time."""

    name: str
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def fill() -> User:
    """Create a reader who follows many owners, with photos on every shard among those of others."""
    reader = User.objects.create_user("reader")
    names = (f"person{number}" for number in range(FOLLOWED + OTHERS))
    people = User.objects.bulk_create(User(username=name) for name in names)
    Follow.objects.bulk_create(Follow(follower=reader, followee=person) for person in people[:FOLLOWED])
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    rows: dict[str, list[Photo]] = {}
    for number in range(PHOTOS):
        owner = people[number * 7919 % len(people)].pk  # in no order
        rows.setdefault(buckets.shard_for_owner(owner), []).append(photo(owner, number, moment))
    for alias, of_shard in rows.items():
        Photo.objects.bulk_create(of_shard, batch_size=1000)
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE")
    return reader


def measure(reader: User) -> list[Timed]:
    """Time the page in each way, interleaved, so that other load on the machine affects all alike."""
    client = Client()
    client.force_login(reader)
    client.get("/")
    home.rebuild(reader.pk)
    client.get("/")
    ways: list[tuple[Timed, Callable[[], object]]] = [
        (Timed("no Valkey"), lambda: no_valkey(client)),
        (Timed("pulled"), lambda: pulled(client, reader)),
        (Timed("timeline"), lambda: whole(client)),
        (Timed("the browser has it"), lambda: unchanged(client)),
        (Timed("feed alone, pulled"), lambda: pulled_alone(reader)),
        (Timed("feed alone, timeline"), lambda: home.page(reader)),
    ]
    for _ in range(ROUNDS):
        for timed, ask in ways:
            ask()
            cpu, wall = time.process_time(), time.perf_counter()
            ask()
            timed.cpu.append((time.process_time() - cpu) * 1000)
            timed.wall.append((time.perf_counter() - wall) * 1000)
    return [timed for timed, _ in ways]


def whole(client: Client) -> None:
    """Render the page."""
    response = client.get("/")
    if response.status_code != 200 or b'class="card"' not in response.content:
        raise RuntimeError("The page has no photos.")


def unchanged(client: Client) -> None:
    """Request the page with the ETag of the browser's copy."""
    tag = getattr(client, "tag", "") or client.get("/")["ETag"]
    client.__dict__["tag"] = tag
    if client.get("/", headers={"If-None-Match": tag}).status_code != 304:
        raise RuntimeError("The page has changed.")


def pulled(client: Client, reader: User) -> None:
    """Render the page while the timeline is missing."""
    with without_timeline(reader):
        whole(client)


def pulled_alone(reader: User) -> None:
    """Load the page's photos while the timeline is missing."""
    with without_timeline(reader):
        home.page(reader)


def no_valkey(client: Client) -> None:
    """Render the page from the databases alone."""
    nowhere = talking.cache("unix:///nowhere.sock")
    with override_settings(CACHES={"default": nowhere, "durable": nowhere}):
        whole(client)


@contextmanager
def without_timeline(reader: User) -> Iterator[None]:
    """Remove the timeline, and the mark of its rebuild, for a moment."""
    store, key = timelines._client(), timelines._key(reader.pk)
    store.rename(key, f"{key}:away")
    store.set(f"{key}:making", 1)
    try:
        yield
    finally:
        store.rename(f"{key}:away", key)


@dataclass(frozen=True)
class Pushed:
    """The time of pushing one photo to that many followers, and the bytes of a timeline."""

    followers: int
    seconds: float
    timeline_bytes: int


def measure_push(reader: User) -> Pushed:
    """Push a photo of an owner with the largest pushed audience; a tenth of it reads."""
    author = User.objects.create_user("author")
    fans = User.objects.bulk_create(User(username=f"fan{number}") for number in range(FANS))
    Follow.objects.bulk_create(Follow(follower=fan, followee=author) for fan in fans)
    store = timelines._client()
    with store.pipeline(transaction=False) as pipeline:
        for fan in fans[::10]:
            pipeline.rpush(timelines._key(fan.pk), 0, "#")
        pipeline.execute()
    new_photo = photo(author.pk, PHOTOS + 1, datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=1))
    new_photo.save()
    began, after = time.perf_counter(), 0
    while (rest := fanout.publish(new_photo.pk, after)) is not None:
        after = rest
    seconds = time.perf_counter() - began
    client: redis.Redis = caches["durable"].client.get_client()  # type: ignore[attr-defined]  # django-redis
    return Pushed(FANS, seconds, int(client.memory_usage(timelines._key(reader.pk)) or 0))


def table(timings: list[Timed], pushed: Pushed) -> str:
    """Return printable lines with ratios of CPU time."""
    lines = [
        f"The home page of a user who follows {FOLLOWED} of {FOLLOWED + OTHERS} people with {PHOTOS} photos"
    ]
    bases = {"feed": timings[-2], "page": timings[0]}
    for each in timings:
        base = bases["feed" if each.name.startswith("feed") else "page"]
        cpu, wall = statistics.median(each.cpu), statistics.median(each.wall)
        ratio = statistics.median(each.wall) / statistics.median(base.wall)
        lines.append(
            f"  {each.name:<22} {cpu:6.2f} ms of our processor   {wall:6.2f} ms in all   {ratio:5.2f} x"
        )
    is_met = statistics.median(timings[-1].wall) < statistics.median(timings[-2].wall)
    lines.append(f"  {'met   ' if is_met else 'MISSED'} a feed from its timeline is quicker than pulled")
    each_us = pushed.seconds / pushed.followers * 1e6
    lines.append(
        f"A photo for {pushed.followers} followers: {pushed.seconds * 1000:.0f} ms, {each_us:.0f} µs each;"
        f" a timeline of {timelines.MADE_OF} takes {pushed.timeline_bytes} bytes"
    )
    return "\n".join(lines)
