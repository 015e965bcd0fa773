"""`manage.py scheduler`: what has to happen from time to time, by exactly one process at a time."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.db.utils import Error as DatabaseError

from ops import metrics
from ops.health import Heartbeat
from photos.jobs import schedule
from sharding.consistency import outbox
from sharding.moving import move_runner
from sharding.rows.placement import primaries

log = structlog.get_logger("ops.scheduler")

LOCK = 0x5C4ED  # any number, the same in every scheduler and used for nothing else
TICK_SECONDS = 1


@dataclass
class Periodic:
    """One thing to do on every shard, every so many seconds; or on the databases that `where` names."""

    name: str
    every_seconds: float
    act: Callable[[str], int]
    where: Callable[[], Sequence[str]] = field(default=lambda: settings.SHARDS)
    due_at: float = field(default=0.0)


def periodics() -> list[Periodic]:
    """Return what is scheduled."""
    return [
        Periodic("moves.rescue", 2, move_runner.rescue),
        Periodic("outbox.sweep", 3, outbox.sweep, primaries),
        Periodic("photos.overdue", 5, schedule.send_overdue),
        Periodic("photos.rerender", 30, schedule.rerender),
        Periodic("photos.credits", 20, schedule.renew_credits),
        Periodic("uploads.abandoned", 60, schedule.collect_abandoned),
        Periodic("photos.trash", 30, schedule.empty_trash),
        Periodic("photos.acts", 600, schedule.forget_acts),
        Periodic("photos.links", 24 * 3600, schedule.forget_links),
        Periodic("photos.bundles", 3600, schedule.forget_bundles, lambda: ["default"]),
        Periodic("digests.due", 300, schedule.send_digests),
        Periodic("photos.reconcile", 24 * 3600, schedule.reconcile),
        Periodic("social.taken_back", 24 * 3600, schedule.forget_taken_back),
        Periodic("outbox.purge", 3600, outbox.purge, primaries),
    ]


class Command(BaseCommand):
    """Runs until it is told to stop. A second one waits for the first to go away."""

    help = "Run periodic work: relay what the outbox still holds, find photos past their deadline."

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait for the lock, then run what is due, every second."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        heart = Heartbeat(settings.READY_FILE)
        writer = metrics.Writer(settings.METRICS_FILE)
        writer.start()
        work = periodics()
        is_leader = False
        while not stop.wait(TICK_SECONDS):
            heart.beat()
            was_leader, is_leader = is_leader, leads()
            if is_leader and not was_leader:
                log.info("scheduler.leads")
            if is_leader:
                run_due(work, now=time.monotonic(), after_each=heart.beat)
        heart.stop()
        writer.stop()


def leads() -> bool:
    """Hold the advisory lock on the directory, or try to get it; False while another process has it.

    The lock belongs to the session: a lost connection gives it up, and asking again is harmless.
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


def run_due(work: list[Periodic], *, now: float, after_each: Callable[[], None] = lambda: None) -> None:
    """Run what is due on each database; what fails is said and tried again next time."""
    for item in work:
        if now < item.due_at:
            continue
        item.due_at = now + item.every_seconds
        for alias in item.where():
            run_on(item, alias)
            after_each()


def run_on(item: Periodic, alias: str) -> None:
    """Do one thing on one shard. Whatever fails is logged once, here: the edge of this process."""
    try:
        done = item.act(alias)
    except Exception:  # one thing that fails, for whatever reason, must not end all the others
        log.exception("scheduler.failed", task=item.name, alias=alias)
        close_old_connections()
        return
    if done:
        log.info("scheduler.done", task=item.name, alias=alias, count=done)
