"""Dramatiq's broker: Valkey, with limits that redeliver the jobs of a killed worker within about 17 s.

A worker without a heartbeat for 15 s counts as dead. Dramatiq finds dead workers in its maintenance of a queue, which
it runs at random with some fetches; here it runs with every fetch. An idle worker fetches from each queue about once a
second, so that running it with every tenth fetch would add ten seconds. While no worker is dead it costs two look-ups
in sorted sets. A process that only stalls for more than 15 s has its jobs run twice: every actor is idempotent.
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
from ops.health import MetricsFile, ReadyFile, WaitForSchema
from ops.logs import JobLog
from photos.imaging.sandbox.warmup import WarmSandbox
from sharding.consistency.messages import CausalMessages

HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_CHANCE = 1_000_000  # of a million fetches: with every one
# A page must not wait for a frozen queue: a message that cannot be sent stays in the outbox until a sweep sends it.
SEND_SECONDS = 1.0
WORK_SECONDS = 5.0


def declare() -> RedisBroker:
    """Create the broker of this process and set it in Dramatiq. It does not connect yet."""
    broker: RedisBroker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves its brokers untyped
        client=valkey.queue(settings.QUEUE_URL, answer_seconds=SEND_SECONDS),
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        # Hooks after a job run through this list backwards: RecordDeadLetters comes after Retries has given up.
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
            WaitForSchema(),
            ReadyFile(settings.READY_FILE),
            MetricsFile(settings.METRICS_FILE),
            WarmSandbox(),
            Patience(),
        ],
    )
    dramatiq.set_broker(broker)
    return broker


class Patience(dramatiq.Middleware):
    """Gives workers a longer time-out than web pods: a job whose acknowledgement fails would run twice."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Give the connections of this process the longer time-out, and no breaker."""
        if isinstance(broker, RedisBroker):
            pool = broker.client.connection_pool
            pool.disconnect()
            pool.reset()
            pool.connection_kwargs |= {"socket_timeout": WORK_SECONDS, "retry": Retry(NoBackoff(), 0)}
