"""Keeps users' causal tokens between requests, so that another tab or device of the user sees the same writes.

One sorted set per user in the durable Valkey: alias → LSN, of which the server keeps the larger (ZADD GT). The signed
cookie covers its loss for the writer's own browser, so nothing here raises."""

import logging
import time
from typing import Any

import redis
from django.conf import settings
from django.core.cache import caches

from ops import metrics
from sharding.consistency.tokens import Tokens

logger = logging.getLogger(__name__)

# While Valkey is away it is asked only this often, not by every request.
AWAY_SECONDS = 1.0


class TokenStore:
    def __init__(self) -> None:
        self._away_until = 0.0

    def load(self, user_id: str) -> Tokens:
        """The user's token; empty when there is none or Valkey is away."""
        if time.monotonic() < self._away_until:
            metrics.tokens.labels("store", "away").inc()
            return {}
        try:
            pairs = _client().zrange(_key(user_id), 0, -1, withscores=True)
        except (redis.RedisError, OSError) as error:
            self._note_away(error)
            return {}
        metrics.tokens.labels("store", "hit" if pairs else "miss").inc()
        return {alias.decode(): int(lsn) for alias, lsn in pairs}

    def merge(self, user_id: str, tokens: Tokens) -> None:
        """Raise the user's token to at least `tokens`."""
        if not tokens or time.monotonic() < self._away_until:
            return
        try:
            with _client().pipeline(transaction=False) as pipeline:
                pipeline.zadd(_key(user_id), tokens, gt=True)
                pipeline.expire(_key(user_id), settings.CAUSAL_TOKEN_TTL_SECONDS)
                pipeline.execute()
        except (redis.RedisError, OSError) as error:
            self._note_away(error)

    def _note_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
        metrics.tokens.labels("store", "away").inc()
        logger.warning("Causal tokens are kept by cookies alone: %s", error)


def _client() -> Any:
    cache: Any = caches["durable"]
    return cache.client.get_client(write=True)


def _key(user_id: str) -> str:
    return caches["durable"].make_key(f"causal:{user_id}")


store = TokenStore()
