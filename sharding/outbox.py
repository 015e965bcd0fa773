"""Effects beyond a shard's transaction: at least once, whatever dies in between.

`add` writes the event in the transaction that causes it. After the commit it is relayed: the handler of its
topic is called, which enqueues a message. What could not be relayed stays, and a sweep finds it. Handlers may
see an event twice and must not mind."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from sharding import allocation, buckets, causal, ids, transactions
from sharding.managers import ShardedQuerySet
from sharding.models import OutboxEvent

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
Handler = Callable[[int, Payload], object]

MAX_BACK_OFF_SECONDS = 3600

_handlers: dict[str, Handler] = {}


class OutsideTransaction(RuntimeError):
    """An event was added without the transaction it belongs to."""


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register the one function that is called with (event_id, payload) for events of `topic`."""

    def register(fn: Handler) -> Handler:
        if topic in _handlers:
            raise ValueError(f"{topic!r} has a handler already.")
        _handlers[topic] = fn
        return fn

    return register


def add(bucket: int, topic: str, payload: Payload) -> OutboxEvent:
    """Owe an effect: written with the caller's `shard_atomic`, relayed after its commit.

    Raises OutsideTransaction without one."""
    alias = buckets.shard_of(bucket)
    if not transactions.is_open(alias):
        raise OutsideTransaction(f"outbox.add({topic!r}) belongs into shard_atomic(bucket={bucket}).")
    event = OutboxEvent(id=allocation.new_ids(bucket)[0], topic=topic, payload=payload)
    event.save()
    transactions.on_commit(partial(relay, event), alias=alias, robust=True)
    return event


def relay(event: OutboxEvent) -> bool:
    """Hand the event to its handler and mark it relayed. False when that failed: logged, tried again later."""
    alias = buckets.shard_of(event.shard_bucket())
    # The event's transaction has committed before this: messages sent from here carry its LSN.
    with causal.session() as session:
        session.note_write(alias)
        try:
            _handlers[event.topic](event.pk, event.payload)
        except Exception:
            logger.exception("Event %s (%s) could not be relayed.", event.pk, event.topic)
            _note_failure(event)
            return False
        _waiting(alias).filter(pk=event.pk).update(relayed_at=timezone.now())
    return True


def sweep(alias: str, older_than_seconds: float = 5, limit: int = 500) -> int:
    """Relay what was left behind on one shard, oldest first; returns how many were relayed."""
    now = timezone.now()
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    made_before = ids.first_id_at(now - timedelta(seconds=older_than_seconds))
    with causal.pin():
        events = list(_waiting(alias).filter(due, pk__lt=made_before).order_by("pk")[:limit])
    return sum(relay(event) for event in events)


def purge(alias: str, older_than_days: float = 1, batch: int = 5000) -> int:
    """Delete relayed events that were made before that, a batch at a time; returns how many."""
    made_before = ids.first_id_at(timezone.now() - timedelta(days=older_than_days))
    old = OutboxEvent.objects.on(alias).filter(pk__lt=made_before, relayed_at__isnull=False).order_by("pk")
    deleted = 0
    with causal.pin():
        while ids_of_batch := list(old.values_list("pk", flat=True)[:batch]):
            deleted += OutboxEvent.objects.on(alias).filter(pk__in=ids_of_batch).delete()[0]
    return deleted


def _waiting(alias: str) -> ShardedQuerySet[OutboxEvent]:
    return OutboxEvent.objects.on(alias).filter(relayed_at__isnull=True)


def _note_failure(event: OutboxEvent) -> None:
    """Back off 2, 4, 8 … seconds, so that events which always fail do not keep others from a sweep."""
    attempts = event.attempts + 1
    pause = timedelta(seconds=min(2**attempts, MAX_BACK_OFF_SECONDS))
    OutboxEvent.objects.in_bucket(event.shard_bucket()).filter(pk=event.pk).update(
        attempts=F("attempts") + 1, retry_at=timezone.now() + pause
    )
