"""Dramatiq's broker: Valkey, with the limits that keep a killed worker's jobs from waiting for minutes.

A worker that stops its heartbeat for 15 s is taken for dead, and maintenance runs on every fetch, so its jobs are
redelivered within about 17 s instead of Dramatiq's 60 s plus a lottery: maintenance is of one queue, and a single idle
worker fetches from each about once a second, so that already every tenth fetch would be ten seconds more. Its price
with nobody dead is two look-ups in sorted sets. A process that merely stalls for
longer has its jobs run twice: every actor is idempotent.
"""

import dramatiq
from django.conf import settings
from django_dramatiq.middleware import DbConnectionsMiddleware
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import (
    AgeLimit,
    Callbacks,
    CurrentMessage,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import valkey
from ops.deadletters import RecordDeadLetters
from ops.health import MetricsFile, ReadyFile
from ops.logs import JobLog
from photos.imaging.sandbox.warmup import WarmSandbox
from sharding.consistency.messages import CausalMessages

HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_CHANCE = 1_000_000  # in a million fetches
# A page must not wait for a frozen queue: what cannot be sent stays in the outbox, and a sweep sends it.
SEND_SECONDS = 1.0
WORK_SECONDS = 5.0


def declare() -> RedisBroker:
    """Make the broker of this process and hand it to Dramatiq; nothing is connected yet."""
    broker: RedisBroker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves its brokers untyped
        client=valkey.queue(settings.QUEUE_URL, answer_seconds=SEND_SECONDS),
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        # What happens after a job runs through this list backwards: dead letters are seen once retries have given up.
        middleware=[
            RecordDeadLetters(),
            AgeLimit(),
            TimeLimit(),
            ShutdownNotifications(),
            Callbacks(),
            Retries(max_retries=8, min_backoff=1_000, max_backoff=60_000),
            CurrentMessage(),
            DbConnectionsMiddleware(),
            JobLog(),
            CausalMessages(),
            ReadyFile(settings.READY_FILE),
            MetricsFile(settings.METRICS_FILE),
            WarmSandbox(),
            Patience(),
        ],
    )
    dramatiq.set_broker(broker)
    return broker


class Patience(dramatiq.Middleware):
    """Lets a worker wait for the queue: what it acknowledges in vain is done twice, and nobody waits for a page."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Give the connections of this process the longer time and no breaker."""
        if isinstance(broker, RedisBroker):
            pool = broker.client.connection_pool
            pool.disconnect()
            pool.reset()
            pool.connection_kwargs |= {"socket_timeout": WORK_SECONDS, "retry": Retry(NoBackoff(), 0)}
