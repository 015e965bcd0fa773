"""Effects beyond a database's transaction: at least once, whatever dies in between.

`add` writes the event in the transaction that causes it, `add_to_directory` does so for a change in the directory.
After the commit it is relayed: the handler of its topic is called, which enqueues a message. What could not be
relayed stays, and a sweep finds it. Handlers may see an event twice and must not mind.

A queue may forget. The event of a topic that is `confirmed` is therefore owed until the worker that did the work calls
`confirm`: until then it is relayed again, later and later. `job` declares handler and actor of such a topic at once."""

import functools
import inspect
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import dramatiq
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ops import metrics
from ops.periodic import periodic
from sharding.consistency import causal
from sharding.rows import allocation, buckets, ids, transactions
from sharding.rows.models import DirectoryEvent, OutboxEvent
from sharding.rows.placement import DIRECTORY, primaries

logger = logging.getLogger(__name__)

Event = OutboxEvent | DirectoryEvent
Payload = dict[str, Any]
Handler = Callable[[int, Payload], object]
Actor = dramatiq.Actor[..., object]

MAX_BACK_OFF_SECONDS = 3600
# A worker that has not confirmed by then has likely never got the message.
CONFIRM_SECONDS = 30

# What a job returns that has not finished its work: its event stays owed.
STILL_OWED: Final = object()

_handlers: dict[str, Handler] = {}
_confirmed_topics: dict[str, float] = {}


class OutsideTransaction(RuntimeError):
    """An event was added without the transaction it belongs to."""


def handler(
    topic: str, *, confirmed: bool = False, within_seconds: float = CONFIRM_SECONDS
) -> Callable[[Handler], Handler]:
    """Register the one function that is called with (event_id, payload) for events of `topic`.

    With `confirmed` the event is owed until `confirm` is called; it is first relayed again after `within_seconds`."""

    def register(fn: Handler) -> Handler:
        if topic in _handlers:
            raise ValueError(f"{topic!r} has a handler already.")
        _handlers[topic] = fn
        if confirmed:
            _confirmed_topics[topic] = within_seconds
        return fn

    return register


def job(
    topic: str,
    *,
    in_directory: bool = False,
    within_seconds: float = CONFIRM_SECONDS,
    delay_ms: int | None = None,
    **options: Any,
) -> Callable[[Callable[..., object]], Actor]:
    """Make a function the job that events of `topic` owe: a handler that enqueues it, and an actor that confirms.

    The function's parameters are named as the payload's fields; one named `event_id` is given the event's number.
    The event is confirmed when the function returns anything but STILL_OWED, and stays owed when it raises. Topics of
    the directory's outbox say `in_directory`. `delay_ms` is how long the message waits in the queue; `within_seconds`
    is for `handler`; `options` (queue_name, priority, time_limit …) are for Dramatiq.
    """

    def register(fn: Callable[..., object]) -> Actor:
        actor = confirming_actor(in_directory=in_directory, **options)(fn)
        names = message_fields(fn)

        @handler(topic, confirmed=True, within_seconds=within_seconds)
        def enqueue(event_id: int, payload: Payload) -> None:
            fields = {"event_id": event_id, **payload}
            args = tuple(fields[name] for name in names if name in fields)
            actor.send_with_options(args=args, delay=delay_ms)

        return actor

    return register


def confirming_actor(
    *, in_directory: bool = False, **options: Any
) -> Callable[[Callable[..., object]], Actor]:
    """Make a function an actor whose messages carry an `event_id`, and which confirms that event as `job` says.

    For a topic that has more than one actor; `job` is shorter for all others.
    """
    confirm_one = confirm_in_directory if in_directory else confirm

    def register(fn: Callable[..., object]) -> Actor:
        names = message_fields(fn)
        takes_event = "event_id" in inspect.signature(fn).parameters

        @functools.wraps(fn)
        def run(*args: Any) -> None:
            fields = dict(zip(names, args, strict=False))
            event_id = fields.get("event_id")
            if not takes_event:
                fields.pop("event_id", None)
            # Messages of an earlier release may name no event: nothing is owed for them.
            if fn(**fields) is not STILL_OWED and event_id is not None:
                confirm_one(event_id)

        return dramatiq.actor(actor_name=fn.__name__, **options)(run)

    return register


def message_fields(fn: Callable[..., object]) -> list[str]:
    """Return what the messages of a job's actor carry, in order: its parameters, after `event_id` if it has none."""
    names = list(inspect.signature(fn).parameters)
    return names if "event_id" in names else ["event_id", *names]


def add(bucket: int, topic: str, payload: Payload, *, event_id: int | None = None) -> OutboxEvent:
    """Add an event to the caller's `shard_atomic`, to be relayed after its commit.

    A caller that makes ids anyway makes the event's with them and gives it as `event_id`: one round trip less.
    Raises OutsideTransaction without one."""
    alias = buckets.shard_of(bucket)
    _check_open(alias, f"outbox.add({topic!r}) belongs into shard_atomic(bucket={bucket}).")
    event = OutboxEvent(id=event_id or allocation.new_ids(bucket)[0], topic=topic, payload=payload)
    event.save()
    transactions.on_commit(partial(relay, event), alias=alias, robust=True)
    return event


def add_to_directory(topic: str, payload: Payload) -> DirectoryEvent:
    """Add an event to the caller's transaction on the directory, to be relayed after its commit.

    Raises OutsideTransaction without one."""
    _check_open(DIRECTORY, f"outbox.add_to_directory({topic!r}) belongs into a transaction on the directory.")
    event = DirectoryEvent(topic=topic, payload=payload)
    event.save(using=DIRECTORY)
    transactions.on_commit(partial(relay, event), alias=DIRECTORY, robust=True)
    return event


def relay(event: Event) -> bool:
    """Call the event's handler and mark the event relayed. False when the handler failed: logged, tried again later."""
    # The event's transaction has committed: messages sent from here carry its LSN.
    alias = _alias_of(event)
    with causal.session() as session:
        session.note_write(alias)
        try:
            _handlers[event.topic](event.pk, event.payload)
        except (
            Exception
        ):  # a failing handler must neither fail the caller, who has committed, nor end a sweep
            logger.exception("Event %s (%s) could not be relayed.", event.pk, event.topic)
            _put_off(event, first_seconds=1)
            metrics.outbox_events.labels(alias, "failed").inc()
            return False
        if event.topic in _confirmed_topics:
            _put_off(event, first_seconds=_confirmed_topics[event.topic] / 2)
        else:
            _row(event).update(relayed_at=timezone.now())
    metrics.outbox_events.labels(alias, "relayed").inc()
    return True


def confirm(event_id: int) -> None:
    """Mark an event of a shard done: it is not relayed again. Idempotent."""
    row = OutboxEvent.objects.locate(event_id).filter(relayed_at__isnull=True)
    row.update(relayed_at=timezone.now())


def confirm_in_directory(event_id: int) -> None:
    """Mark an event of the directory done. Idempotent."""
    row = DirectoryEvent.objects.filter(pk=event_id, relayed_at__isnull=True)
    row.update(relayed_at=timezone.now())


@periodic("outbox.sweep", every_seconds=3, databases=primaries)
def sweep(alias: str, older_than_seconds: float = 5, limit: int = 500) -> int:
    """Relay overdue events of one primary, oldest first; return how many were relayed."""
    now = timezone.now()
    due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    made_before = now - timedelta(seconds=older_than_seconds)
    with causal.pin():
        waiting = _made_before(alias, made_before).filter(due, relayed_at__isnull=True)
        events = list(waiting.order_by("pk")[:limit])
    relayed = sum(relay(event) for event in events)
    metrics.outbox_events.labels(alias, "swept").inc(relayed)
    return relayed


@periodic("outbox.purge", every_seconds=3600, databases=primaries)
def purge(alias: str, older_than_days: float = 1, batch: int = 5000) -> int:
    """Delete relayed events older than that, `batch` rows at a time; return how many."""
    made_before = timezone.now() - timedelta(days=older_than_days)
    old = _made_before(alias, made_before).filter(relayed_at__isnull=False).order_by("pk")
    deleted = 0
    with causal.pin():
        while ids_of_batch := list(old.values_list("pk", flat=True)[:batch]):
            deleted += _rows(alias).filter(pk__in=ids_of_batch).delete()[0]
    return deleted


def _check_open(alias: str, message: str) -> None:
    if not transactions.is_open(alias):
        raise OutsideTransaction(message)


def _alias_of(event: Event) -> str:
    return DIRECTORY if isinstance(event, DirectoryEvent) else buckets.shard_of(event.shard_bucket())


def _rows(alias: str) -> QuerySet[Any]:
    return DirectoryEvent.objects.all() if alias == DIRECTORY else OutboxEvent.objects.on(alias)


def _row(event: Event) -> QuerySet[Any]:
    """The event's row, while it is owed."""
    rows: QuerySet[Any]
    if isinstance(event, DirectoryEvent):
        rows = DirectoryEvent.objects.filter(pk=event.pk)
    else:
        rows = OutboxEvent.objects.locate(event.pk)
    return rows.filter(relayed_at__isnull=True)


def _made_before(alias: str, moment: datetime) -> QuerySet[Any]:
    rows = _rows(alias)
    if alias == DIRECTORY:
        return rows.filter(created_at__lt=moment)
    return rows.filter(pk__lt=ids.first_id_at(moment))


def _put_off(event: Event, *, first_seconds: float) -> None:
    """Relay the event again after 2, 4, 8 … times `first_seconds`: one that always fails must not fill every sweep."""
    attempts = event.attempts + 1
    # Bounded, because a large exponent gives a number that a timedelta cannot hold.
    pause = timedelta(seconds=min(first_seconds * 2 ** min(attempts, 12), MAX_BACK_OFF_SECONDS))
    _row(event).update(attempts=F("attempts") + 1, retry_at=timezone.now() + pause)
