"""Events as a queue might deliver them: late, more than once, in any order, or split in the middle."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from photos.jobs import fanout
from sharding.models import DirectoryEvent, OutboxEvent

ACT: dict[str, Callable[[int, dict[str, Any]], object]] = {
    "like.changed": lambda _, said: fanout.like(said["photo_id"], said["user_id"]),
    "comment.changed": lambda _, said: fanout.comment(said["comment_id"]),
    "follow.changed": lambda event_id, said: fanout.follow(
        said["follower_id"], said["followee_id"], event_id
    ),
    "avoidance.changed": lambda _, said: fanout.avoid(said["person_id"], said["other_id"]),
    "photo.published": lambda _, said: publish(said["photo_id"]),
    "photo.removed": lambda _, said: fanout.forget(said["photo_id"]),
}


def publish(photo_id: int) -> None:
    """Put a photo on the timelines of all followers, piece by piece."""
    after: int | None = 0
    while after is not None:
        after = fanout.publish(photo_id, after)


def owed() -> list[OutboxEvent | DirectoryEvent]:
    """Return every event that is about people, oldest first."""
    found: list[OutboxEvent | DirectoryEvent] = list(
        DirectoryEvent.objects.filter(topic__in=ACT).order_by("pk")
    )
    for alias in settings.SHARDS:
        found += OutboxEvent.objects.on(alias).filter(topic__in=ACT).order_by("pk")
    return found


def deliver(*events: OutboxEvent | DirectoryEvent) -> None:
    """Act on these events, or on all that are owed, as a worker would."""
    for event in events or owed():
        ACT[event.topic](event.pk, event.payload)
