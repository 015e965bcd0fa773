"""`migrate_all`: the directory and all shards, each under its lock."""

import io
import threading
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from sharding import migrating
from sharding.models import Bucket, SchemaVersion
from sharding.rows import buckets, ownership

pytestmark = pytest.mark.django_db(databases="__all__")


def _migrate_all() -> list[str]:
    out = io.StringIO()
    call_command("migrate_all", stdout=out)
    return out.getvalue().splitlines()


def _forget_the_last_migration_of_shard1() -> str:
    """Return the migration's name."""
    rows = MigrationRecorder.Migration.objects.using("shard1")
    last = rows.filter(app="sharding").order_by("name").last()
    assert last is not None
    rows.filter(pk=last.pk).delete()
    return f"sharding.{last.name}"


def test_what_is_up_to_date_is_left_alone() -> None:
    with mock.patch.object(migrating, "call_command") as migrate:
        assert _migrate_all() == [
            "default: nothing to do",
            "shard0: nothing to do",
            "shard1: nothing to do",
            "bucket map: complete",
            "schemas: equal on all shards",
        ]
    migrate.assert_not_called()


def test_a_database_that_lacks_a_migration_is_migrated_under_a_lock() -> None:
    _forget_the_last_migration_of_shard1()

    def migrate(command: str, *, database: str, **options: object) -> None:
        assert (command, database) == ("migrate", "shard1")
        with connections["shard1"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            assert cursor.fetchone() == (1,)
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("5s",)

    with mock.patch.object(migrating, "call_command", side_effect=migrate) as called:
        assert "shard1: 1 migrations applied" in _migrate_all()
    called.assert_called_once()
    with connections["shard1"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_free_buckets_are_assigned_and_empty_shards_are_named(settings: Settings) -> None:
    Bucket.objects.filter(number__lt=3).delete()
    with mock.patch.object(buckets, "find_empty_shards", return_value=["shard2"]):
        assert _migrate_all()[-3:-1] == ["bucket map: 3 buckets assigned", "shard2: has no buckets yet"]
    buckets.bucket_map.forget()


def test_a_plain_migrate_of_the_directory_assigns_buckets_and_of_a_shard_does_not(settings: Settings) -> None:
    Bucket.objects.filter(number=0).delete()
    migrating.assign_buckets(using="shard0")
    assert not Bucket.objects.filter(number=0).exists()
    migrating.assign_buckets(using="default")
    assert Bucket.objects.get(number=0).shard == "shard0"
    settings.SHARDS = []
    migrating.assign_buckets(using="default")
    buckets.bucket_map.forget()


def test_the_function_that_makes_ids_can_be_taken_back_and_put_again() -> None:
    def has_function() -> bool:
        with connections["shard0"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = 'tessera_next_id'")
            return bool(cursor.fetchone()[0])

    options = {"database": "shard0", "verbosity": 0}
    with mock.patch.object(ownership, "ensure"):  # which the functions of later migrations are missing for
        call_command("migrate", "sharding", "0001", **options)
    assert not has_function()
    call_command("migrate", "sharding", **options)
    assert has_function()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_two_releases_migrate_one_after_the_other() -> None:
    order: list[str] = []

    def second() -> None:
        with migrating._migration_lock("shard0"):
            order.append("second")
        connections.close_all()

    thread = threading.Thread(target=second)
    with migrating._migration_lock("shard0"):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "sharding", check=True, dry_run=True, verbosity=0)


def test_versions_are_written_down_once_per_change(settings: Settings) -> None:
    SchemaVersion.objects.all().delete()
    settings.RELEASE = "1.2"
    _migrate_all()
    _migrate_all()
    rows = SchemaVersion.objects.order_by("database")
    assert [(row.database, row.release, row.applied) for row in rows] == [
        ("default", "1.2", 0), ("shard0", "1.2", 0), ("shard1", "1.2", 0),
    ]  # fmt: skip
    assert str(rows[0]) == "default at 1.2"
    assert rows[0].leaves == rows[1].leaves
    assert rows[0].leaves["sharding"].startswith("00")
    settings.RELEASE = "1.3"
    _migrate_all()
    assert SchemaVersion.objects.count() == 6


def test_a_check_passes_only_when_nothing_is_missing() -> None:
    out = io.StringIO()
    call_command("migrate_all", check=True, stdout=out)
    assert out.getvalue().splitlines() == [
        f"{alias}: nothing to do" for alias in ("default", "shard0", "shard1")
    ]
    _forget_the_last_migration_of_shard1()
    with pytest.raises(CommandError, match="Not migrated: shard1"):
        call_command("migrate_all", check=True, stdout=out)


def test_a_plan_says_what_would_be_applied_and_applies_nothing() -> None:
    name = _forget_the_last_migration_of_shard1()
    for _ in range(2):
        out = io.StringIO()
        call_command("migrate_all", plan=True, stdout=out)
        assert out.getvalue().splitlines()[2] == f"shard1: {name}"


def test_shards_that_differ_are_named_and_fail_the_command() -> None:
    with connections["shard1"].cursor() as cursor:
        cursor.execute("DROP INDEX outbox_waiting")
    with pytest.raises(CommandError, match="shard1 lacks index outbox_waiting, which shard0 has"):
        _migrate_all()
