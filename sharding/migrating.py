"""Migrates the directory and every shard, each under a lock of its own, and completes the bucket map."""

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

# An advisory lock on each database: two releases that start at once migrate one after the other.
LOCK_KEY = 0x7E55E8A

# A migration waits this long for a table lock and then fails: all later statements would wait behind it.
LOCK_TIMEOUT_MS = 5000


class SchemasDiffer(RuntimeError):
    """Shards with the same migrations have different schemas: one was changed by hand, or a step failed."""


def migrate_all(say: Callable[[str], object]) -> None:
    """Migrate the directory and all shards, and assign free buckets. Idempotent; `say` gets a line for each step.

    Raises SchemasDiffer when the shards' schemas differ afterwards."""
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
    if differences := schema.differences():
        raise SchemasDiffer("\n".join(["The shards' schemas differ:", *differences]))
    say("schemas: equal on all shards")


def unapplied(alias: str) -> list[str]:
    """The migrations that a database lacks, as app.name, in the order of application."""
    return [f"{migration.app_label}.{migration.name}" for migration in _plan(alias)]


def migrate(alias: str) -> int:
    """Apply to one database the migrations that it lacks; return how many."""
    count = len(_plan(alias))
    if count:
        with _migration_lock(alias):
            count = len(_plan(alias))
            if count:
                call_command("migrate", database=alias, interactive=False, verbosity=0)
    _record(alias, count)
    return count


def assign_buckets(*, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: completes map and fences after a plain `migrate`, and in test databases."""
    if using == DIRECTORY and settings.SHARDS:
        buckets.ensure_assigned()
    elif using in settings.SHARDS:
        ownership.ensure(using)


def _plan(alias: str) -> list[Migration]:
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, is_backwards in plan if not is_backwards]


def _record(alias: str, applied: int) -> None:
    """Store the release and the last migrations of a database, unless the latest row says the same."""
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
