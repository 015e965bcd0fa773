"""Bringing the schema to where it belongs: the directory and every shard, each under a lock of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from sharding.rows import buckets, ownership, schema
from sharding.rows.models import SchemaVersion
from sharding.rows.placement import DIRECTORY, primaries

# Two releases that start at once migrate one after the other.
LOCK_KEY = 0x7E55E8A

# A migration waits this long for a table and then fails, instead of queueing everybody behind itself.
LOCK_TIMEOUT_MS = 5000


class SchemasDiffer(RuntimeError):
    """Shards that have seen the same migrations are not the same: somebody changed one by hand, or a step failed."""


def migrate_all(say: Callable[[str], object]) -> None:
    """Apply what is missing to the directory and all shards, and give free buckets a shard. Idempotent.

    Ends with SchemasDiffer when the shards are not equal then."""
    for alias in primaries():
        count = migrate(alias)
        say(f"{alias}: {f'{count} migrations applied' if count else 'nothing to do'}")
    assigned = buckets.ensure_assigned()
    say(f"bucket map: {f'{assigned} buckets assigned' if assigned else 'complete'}")
    for shard in settings.SHARDS:
        given = ownership.ensure(shard)
        if given:
            say(f"{shard}: was given {given} buckets")
    for shard in buckets.find_empty_shards():
        say(f"{shard}: has no buckets yet")
    if found := schema.differences():
        raise SchemasDiffer("\n".join(["The shards' schemas differ:", *found]))
    say("schemas: equal on all shards")


def unapplied(alias: str) -> list[str]:
    """The migrations that one database lacks, as app.name, in the order in which they would be applied."""
    return [f"{migration.app_label}.{migration.name}" for migration in _plan(alias)]


def migrate(alias: str) -> int:
    """Apply what is missing to one database; returns how many migrations that were."""
    count = len(_plan(alias))
    if count:
        with _migration_lock(alias):
            count = len(_plan(alias))
            if count:
                call_command("migrate", database=alias, interactive=False, verbosity=0)
    _record(alias, count)
    return count


def assign_buckets(*, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: also a plain `migrate` and a test database have a whole map and whole fences."""
    if using == DIRECTORY and settings.SHARDS:
        buckets.ensure_assigned()
    elif using in settings.SHARDS:
        ownership.ensure(using)


def _plan(alias: str) -> list[Migration]:
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, is_backwards in plan if not is_backwards]


def _record(alias: str, applied: int) -> None:
    """Write down what a database is at now, unless that is known."""
    graph = MigrationExecutor(connections[alias]).loader.graph
    now = {"release": getattr(settings, "RELEASE", ""), "leaves": dict(sorted(graph.leaf_nodes()))}
    rows = SchemaVersion.objects.using(DIRECTORY)
    latest = rows.filter(database=alias).order_by("-id").values("release", "leaves").first()
    if applied or latest != now:
        rows.create(database=alias, applied=applied, **now)


@contextmanager
def _migration_lock(alias: str) -> Iterator[None]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_TIMEOUT_MS}ms"])
    try:
        yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
