"""Dramatiq's broker: Valkey, with the limits that keep a killed worker's jobs from waiting for minutes.

A worker that stops its heartbeat for 15 s is taken for dead, and maintenance runs on about every tenth fetch, so its
jobs are redelivered within about 16 s instead of Dramatiq's 60 s plus a lottery. A process that merely stalls for
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

from ops.health import ReadyFile
from ops.logs import JobLog
from sharding.messages import CausalMessages

HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_CHANCE = 100_000  # in a million fetches


def declare() -> RedisBroker:
    """Make the broker of this process and hand it to Dramatiq; nothing is connected yet."""
    broker: RedisBroker = RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq leaves its brokers untyped
        url=settings.QUEUE_URL,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        socket_connect_timeout=0.5,
        socket_timeout=5,
        middleware=[
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
        ],
    )
    dramatiq.set_broker(broker)
    return broker
