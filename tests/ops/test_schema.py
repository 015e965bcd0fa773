"""A pod is not ready, and does no work, while a database lacks migrations that its code needs."""

import threading
from collections.abc import Callable, Iterator
from unittest import mock

import dramatiq
import pytest
from django.db import ProgrammingError, connections
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from dramatiq.brokers.stub import StubBroker

from ops import dependencies, health, schema

pytestmark = pytest.mark.django_db(databases="__all__")

TOMORROW = ("photos", "9999_tomorrow")


@pytest.fixture(autouse=True)
def _asks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_current_until", {})
    monkeypatch.setattr(dependencies, "ask_store", lambda: None)
    monkeypatch.setattr(dependencies, "_running", {})


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this pod a migration that no database has."""
    leaves = schema.leaves() | {TOMORROW}
    monkeypatch.setattr(schema, "leaves", lambda: leaves)


@pytest.mark.usefixtures("newer")
def test_a_pod_is_not_ready_before_its_migrations_have_run(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "behind")
    states = answer.json()["dependencies"]
    assert {name for name, state in states.items() if state == "lacks photos.9999_tomorrow"} == {
        "directory", "shard0", "shard1",
    }  # fmt: skip
    assert states["shard0_r1"] == "ok"


def asked(alias: str) -> str:
    """Return what `alias` lacks, or "current"; asked in this test's transaction."""
    with connections[alias].cursor() as cursor:
        try:
            schema.check(alias, cursor)
        except schema.Behind as behind:
            return str(behind)
    return "current"


def test_a_database_that_a_newer_release_expanded_is_fine() -> None:
    MigrationRecorder.Migration.objects.using("shard1").create(app=TOMORROW[0], name=TOMORROW[1])
    assert asked("shard1") == "current"


def test_each_database_is_asked_for_itself() -> None:
    rows = MigrationRecorder.Migration.objects.using("shard1")
    last = rows.filter(app="photos").order_by("name").last()
    assert last is not None
    rows.filter(pk=last.pk).delete()
    assert (asked("shard0"), asked("shard1")) == ("current", f"lacks photos.{last.name}")
    rows.create(app="photos", name=last.name)
    assert asked("shard1") == "current", "what was behind is asked again at once"


def test_a_database_without_any_migration_lacks_all() -> None:
    cursor = mock.Mock(spec=CursorWrapper)
    cursor.execute.side_effect = ProgrammingError("relation does not exist")
    with pytest.raises(schema.Behind, match=r"lacks account\..*, photos\."):
        schema.check("empty", cursor)


def test_the_question_costs_no_connection_and_is_kept_for_a_while(client: Client) -> None:
    opened: list[str] = []
    create = connections.create_connection

    def counted(alias: str) -> object:
        opened.append(alias)
        return create(alias)

    with mock.patch.object(connections, "create_connection", counted):
        assert client.get("/readyz").json()["status"] == "ready"
    assert sorted(opened) == ["default", "default_r1", "shard0", "shard0_r1", "shard1", "shard1_r1"]
    with mock.patch.object(schema, "_applied") as ask:
        assert client.get("/readyz").json()["status"] == "ready"
    ask.assert_not_called()


@pytest.fixture
def boot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], threading.Thread]]:
    """Return a function that boots a worker in a thread of its own."""
    monkeypatch.setattr(dependencies, "WAIT_SECONDS", 0.05)
    broker = StubBroker(middleware=[health.WaitForSchema()])
    broker.declare_queue("media")
    worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1)

    def start() -> threading.Thread:
        thread = threading.Thread(target=worker.start)
        thread.start()
        return thread

    yield start
    worker.stop(1000)


def test_a_worker_takes_no_job_before_its_migrations_have_run(
    boot: Callable[[], threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {"shard0": "lacks photos.9999_tomorrow", "shard1": "OperationalError"}
    monkeypatch.setattr(dependencies, "states", lambda: dict(states))
    booting = boot()
    booting.join(0.3)
    assert booting.is_alive()
    states["shard0"] = "ok"
    booting.join(5)
    assert not booting.is_alive(), "a database that is away keeps no worker from starting"
