"""The depths of the queues, read from the keys that Dramatiq keeps in Valkey (source: its dispatch.lua).

A queue `q` is a list of ready message ids, `dramatiq:q`, and a hash of all messages that are not acknowledged yet,
`dramatiq:q.msgs`. Delayed messages have the same two keys under `q.DQ`; dead ones are in the sorted set `q.XQ`.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import dramatiq


@dataclass(frozen=True)
class Depth:
    """The depth of one queue; `oldest_seconds` is the age of the oldest ready message, 0 for none."""

    queue: str
    ready: int
    in_progress: int
    delayed: int
    oldest_seconds: float


def depths() -> list[Depth]:
    """Return the depth of each declared queue. Raises redis.exceptions.RedisError when the broker is away."""
    broker: Any = dramatiq.get_broker()
    return [_depth(broker, queue) for queue in sorted(broker.get_declared_queues())]


def _depth(broker: Any, queue: str) -> Depth:
    key = f"{broker.namespace}:{queue}"
    client = broker.client
    ready, messages, delayed = client.llen(key), client.hlen(f"{key}.msgs"), client.hlen(f"{key}.DQ.msgs")
    oldest = client.lindex(key, 0)
    raw = client.hget(f"{key}.msgs", oldest) if oldest else None
    age = time.time() - json.loads(raw)["message_timestamp"] / 1000 if raw else 0.0
    return Depth(queue, ready, messages - ready, delayed, max(0.0, age))
