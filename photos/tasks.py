"""The queue's side of the pipeline: actors take ids, call one verb and may run any number of times.

Three lanes with workers of their own: `interactive` is what a person waits for, `media` what they will want soon,
`bulk` what has time. A worker that serves several takes the most urgent first.
"""

from typing import Any

import dramatiq

from photos import removal, rendering, retiring
from photos.models import Stage

INTERACTIVE, MEDIA, BULK = "interactive", "media", "bulk"
QUEUES = (INTERACTIVE, MEDIA, BULK)
LIMITS: dict[str, Any] = {
    "time_limit": 180_000,
    "max_retries": 8,
    "min_backoff": 1_000,
    "max_backoff": 60_000,
}


@dramatiq.actor(queue_name=INTERACTIVE, priority=0, **LIMITS)
def show(photo_id: int) -> None:
    """Make the small sizes, so that there is something to see."""
    rendering.render(photo_id, Stage.QUICK)


@dramatiq.actor(queue_name=MEDIA, priority=50, **LIMITS)
def complete(photo_id: int) -> None:
    """Make all the other sizes and formats."""
    rendering.render(photo_id, Stage.FULL)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def show_when_there_is_time(photo_id: int) -> None:
    """The same as `show`, for somebody who sends very many at once."""
    rendering.render(photo_id, Stage.QUICK)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def complete_when_there_is_time(photo_id: int) -> None:
    """The same as `complete`, for somebody who sent very many, or when a recipe has changed."""
    rendering.render(photo_id, Stage.FULL)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def retire(photo_id: int) -> None:
    """Delete the files that a photo is no longer shown by."""
    retiring.retire(photo_id)


@dramatiq.actor(queue_name=BULK, priority=100, **LIMITS)
def discard(photo_id: int, keys: list[str]) -> None:
    """Delete the bytes of a photo that is gone."""
    removal.discard(photo_id, keys)
