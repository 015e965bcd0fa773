"""Jobs that failed for the last time: recorded with their reason, listed, sent again or discarded.

A dead letter is sent again by enqueueing first and deleting afterwards. A process that dies in between leaves a
duplicate, which is harmless since every actor is idempotent; it never loses the job.
"""

import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import dramatiq
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Count, Max, Min, QuerySet

from ops.models import DeadLetter

log = structlog.get_logger("ops.deadletters")


class RecordDeadLetters(dramatiq.Middleware):
    """Records each message that fails for the last time. Valkey keeps it too, but only for seven days."""

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """Record a failed message that no other middleware has scheduled for a retry."""
        if exception is None or not message.failed:
            return
        try:
            record(message, exception)
        except DatabaseError:
            log.exception("dead_letter.not_recorded", message_id=message.message_id)


def record(message: dramatiq.MessageProxy, exception: BaseException) -> DeadLetter:
    """Save the dead letter of a message, once for each message id."""
    letter, _ = DeadLetter.objects.update_or_create(
        message_id=message.message_id,
        defaults={
            "queue": message.queue_name,
            "actor": message.actor_name,
            "args": list(message.args),
            "kwargs": dict(message.kwargs),
            "request_id": str(message.options.get("request_id", ""))[:64],
            "error_class": type(exception).__name__,
            "reason": str(exception)[:500],
            "traceback": "".join(traceback.format_exception(exception))[-20_000:],
            "attempts": int(message.options.get("retries", 0)) + 1,
            "pod": settings.POD_NAME,
            "sent_at": datetime.fromtimestamp(message.message_timestamp / 1000, tz=UTC),
        },
    )
    log.error("dead_letter", message_id=message.message_id, actor=message.actor_name, args=message.args)
    return letter


def by_class() -> list[dict[str, Any]]:
    """Return {actor, error_class, count, first, last} of each kind of failure, the most frequent first."""
    grouped = DeadLetter.objects.values("actor", "error_class")
    counted = grouped.annotate(count=Count("pk"), first=Min("died_at"), last=Max("died_at"))
    return [dict(kind) for kind in counted.order_by("-count")]


def send_again(letters: QuerySet[DeadLetter]) -> int:
    """Enqueue the messages again, deleting each letter; return how many. Raises the broker's error when it is away."""
    broker = dramatiq.get_broker()
    count = 0
    for letter in _each(letters):
        broker.enqueue(
            dramatiq.Message(
                queue_name=letter.queue,
                actor_name=letter.actor,
                args=tuple(letter.args),
                kwargs=letter.kwargs,
                options=letter.options(),
            )
        )
        letter.delete()
        count += 1
    return count


def discard(letters: QuerySet[DeadLetter]) -> int:
    """Delete letters; return how many."""
    return letters.delete()[0]


def _each(letters: QuerySet[DeadLetter]) -> Iterable[DeadLetter]:
    return letters.order_by("pk").iterator(chunk_size=200)
