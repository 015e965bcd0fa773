"""The scheduler runs each due task once, and goes on when a server is away."""

import os
import signal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from pytest_django import Settings
from redis.exceptions import TimeoutError as ValkeyTimeout

from ops import periodic
from ops.management.commands import scheduler
from ops.management.commands.scheduler import Timer, leads, run_due
from photos.files.s3 import StorageUnavailable
from photos.sharing import archives

pytestmark = pytest.mark.django_db(databases="__all__")


def timer(name: str, every_seconds: float, act: periodic.Act) -> Timer:
    """Return the timer of a task on all shards that is due at once."""
    return Timer(periodic.Task(name, every_seconds, act, periodic.shards))


def test_only_what_is_due_runs_and_on_every_shard(settings: Settings) -> None:
    ran: list[str] = []

    def record(alias: str) -> int:
        ran.append(alias)
        return 0

    work = [timer("count", 10, record)]
    run_due(work, now=100)
    run_due(work, now=105)
    assert ran == settings.SHARDS
    run_due(work, now=110)
    assert ran == settings.SHARDS * 2


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("gone"),
        ValkeyTimeout("the queue is frozen"),
        StorageUnavailable(),
        ZeroDivisionError(),
    ],
)
def test_what_fails_keeps_neither_the_other_shards_nor_the_other_work(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    def act(alias: str) -> int:
        if alias == "shard0":
            raise error
        ran.append(alias)
        return 1

    run_due([timer("try", 1, act), timer("again", 1, act)], now=1)
    assert ran == ["shard1", "shard1"]
    failures = [record for record in caplog.records if record.exc_info]
    assert len(failures) == 2, "each is logged once, with its traceback"


def test_only_one_scheduler_leads() -> None:
    assert leads()
    assert leads(), "asking again while leading is harmless"
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [scheduler.LOCK])
            assert cursor.fetchone() == (False,)
    finally:
        other.close()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [scheduler.LOCK])


def test_what_is_scheduled_can_run(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        archives, "delete_old", lambda: 0
    )  # it asks the store, which only tests with the fixture have
    run_due([Timer(task) for task in periodic.tasks()], now=1)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_every_periodic_task_is_known_to_the_process_that_runs_them() -> None:
    intervals = {task.name: task.every_seconds for task in periodic.tasks()}
    day = 24 * 3600
    assert intervals == {
        "moves.rescue": 2,
        "outbox.sweep": 3,
        "outbox.purge": 3600,
        "photos.overdue": 5,
        "photos.rerender": 2,
        "photos.credits": 20,
        "photos.trash": 30,
        "photos.acts": 600,
        "photos.links": day,
        "photos.bundles": 3600,
        "photos.reconcile": day,
        "social.taken_back": day,
        "uploads.abandoned": 60,
        "digests.due": 300,
    }


def test_a_name_of_a_periodic_task_is_taken_once() -> None:
    with pytest.raises(ValueError, match="already"):
        periodic.periodic("photos.trash", every_seconds=1)(lambda alias: 0)


def test_the_scheduler_beats_between_tasks_and_not_while_one_hangs() -> None:
    seen: list[str] = []

    def act(alias: str) -> int:
        seen.append(alias)
        return 0

    run_due([timer("slow", 1, act)], now=1, after_each=lambda: seen.append("beat"))
    assert seen == ["shard0", "beat", "shard1", "beat"]


def test_the_scheduler_touches_its_file_from_its_own_loop(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ticks twice, gets SIGTERM, and removes its file."""
    settings.READY_FILE = tmp_path / "ready"
    seen: list[bool] = []

    def run_due(work: object, **options: object) -> None:
        seen.append(settings.READY_FILE.exists())
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(scheduler, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(scheduler, "leads", lambda: True)
    monkeypatch.setattr(scheduler, "run_due", run_due)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("scheduler")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert seen == [True, True]
    assert not settings.READY_FILE.exists()
