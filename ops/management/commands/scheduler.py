"""`manage.py scheduler`: runs the periodic tasks (`ops.periodic`), in exactly one process at a time."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError

from ops import dependencies, metrics, periodic
from ops.health import FreshFile

log = structlog.get_logger("ops.scheduler")

LOCK = 0x5C4ED  # any number: every scheduler has the same, and nothing else uses it
TICK_SECONDS = 1


@dataclass
class Timer:
    """A periodic task and when it is due next, in seconds of the monotonic clock."""

    task: periodic.Task
    due_at: float = 0.0


class Command(BaseCommand):
    """Runs until a signal stops it. A second scheduler waits until the first one is gone."""

    help = "Run periodic work: relay what the outbox still holds, find photos past their deadline."

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait for the migrations and the advisory lock, then run what is due, every second."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        dependencies.wait_for_schema(stop.is_set)
        heart = FreshFile(settings.READY_FILE)
        writer = metrics.Writer(settings.METRICS_FILE)
        writer.start()
        timers = [Timer(task) for task in periodic.tasks()]
        is_leader = False
        while not stop.wait(TICK_SECONDS):
            heart.beat()
            was_leader, is_leader = is_leader, leads()
            if is_leader and not was_leader:
                log.info("scheduler.leads")
            if is_leader:
                run_due(timers, now=time.monotonic(), after_each=heart.beat)
        heart.stop()
        writer.stop()


def leads() -> bool:
    """Hold the advisory lock on the directory, or try to get it; False while another process has it.

    The lock belongs to the database session: a lost connection gives it up. Asking again is harmless.
    """
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
                " AND pid = pg_backend_pid() AND granted) OR pg_try_advisory_lock(%s)",
                [LOCK, LOCK],
            )
            return bool(cursor.fetchone()[0])
    except DatabaseError as error:
        log.warning("scheduler.directory_away", error=str(error).strip())
        connection.close()
        return False


def run_due(timers: list[Timer], *, now: float, after_each: Callable[[], None] = lambda: None) -> None:
    """Run every task that is due, on each of its databases; `after_each` is called between two of them."""
    for timer in timers:
        if now < timer.due_at:
            continue
        timer.due_at = now + timer.task.every_seconds
        for alias in timer.task.databases():
            run_on(timer.task, alias)
            after_each()


def run_on(task: periodic.Task, alias: str) -> None:
    """Run one task on one database. An error is logged once, here: the edge of this process."""
    try:
        count = task.act(alias)
    except Exception:  # one task that fails, for whatever reason, must not end all the others
        log.exception("scheduler.failed", task=task.name, alias=alias)
        close_old_connections()
        return
    if count:
        log.info("scheduler.done", task=task.name, alias=alias, count=count)
