"""The three queues, the limits of their jobs, and how full they are.

`interactive` holds what a person waits for, `media` what they will want soon, `bulk` what has time. Each can have
workers of its own; a worker that serves several takes the most urgent message first.
"""

from typing import Any

import dramatiq

INTERACTIVE, MEDIA, BULK = "interactive", "media", "bulk"
QUEUES = (INTERACTIVE, MEDIA, BULK)
# A scheduler adds nothing to queues that hold more messages than this.
FULL = 200
LIMITS: dict[str, Any] = {
    "time_limit": 180_000,  # milliseconds, as are the backoffs
    "max_retries": 8,
    "min_backoff": 1_000,
    "max_backoff": 60_000,
}


def held() -> int:
    """Return how many messages the queues hold, waiting or being worked on. Raises redis' error without a Valkey."""
    broker: Any = dramatiq.get_broker()
    return sum(int(broker.client.hlen(f"{broker.namespace}:{queue}.msgs")) for queue in QUEUES)


def are_full() -> bool:
    """Return whether the queues hold so many messages that work without hurry waits. Raises redis' error."""
    return held() > FULL
