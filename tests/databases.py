"""The test databases: migrated once a session, then copied for each of its processes."""

import fcntl
import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.servers import run_directory


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Databases of this process's own, as `migrate_all` leaves them: every bucket has a shard.

    Takes the place of pytest-django's fixture, which migrates all databases in each process. Nothing is removed
    afterwards: the server ends with the session.
    """
    with django_db_blocker.unblock():
        _ensure_migrated()
        _use_copies(os.environ.get("PYTEST_XDIST_WORKER", "gw"))
    yield
    with django_db_blocker.unblock():
        connections.close_all()


def _primaries() -> list[str]:
    return ["default", *settings.SHARDS]


def _ensure_migrated() -> None:
    """Migrate the databases that the settings name; the first process that comes does it for all."""
    from sharding.rows import buckets  # noqa: PLC0415 - the app registry must be ready

    with (run_directory() / "migrated").open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        note.seek(0)
        if not note.read():
            for alias in _primaries():
                call_command("migrate", database=alias, interactive=False, verbosity=0)
            buckets.ensure_assigned()
            connections.close_all()  # or they could not be copied
            note.write("all of them")


def _use_copies(process: str) -> None:
    """Copy each migrated database, and let its alias and its replicas' aliases lead to the copy."""
    for alias in _primaries():
        original = connections[alias].settings_dict["NAME"]
        copy = f"test_{original}_{process}"
        with connections[alias]._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {original}")
        for each in [alias, *settings.REPLICAS.get(alias, [])]:
            connections[each].close()
            connections[each].settings_dict["NAME"] = copy
