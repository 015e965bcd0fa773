"""Connections to the Valkeys, with short time-outs and a circuit breaker.

A frozen server keeps its sockets open, so that each command to it costs a whole time-out, and a page sends several.
After the first failure no command is sent for AWAY_SECONDS: until then the cache behaves as if it were empty, at once.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
import structlog
from django_redis.cache import RedisCache
from django_redis.client import DefaultClient
from django_redis.pool import ConnectionFactory
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger("valkey")

AWAY_SECONDS = 2.0
CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 0.3
UNREADABLE = object()

T = TypeVar("T")


class Breaker(Retry):
    """The circuit breaker of one connection pool; redis-py runs every command through its retry policy, which this is.

    When the pause is over one thread tries first; the others get the error until it has an answer. A connection that
    the server has closed meanwhile is opened again once.
    """

    def __init__(self, name: str) -> None:
        super().__init__(NoBackoff(), 1, (redis.ConnectionError,))
        self.name = name
        self._lock = threading.Lock()
        self._is_away = False
        self._try_at = 0.0
        self._trying: int | None = None  # the thread that tries first

    def __deepcopy__(self, memo: dict[int, Any]) -> "Breaker":
        """Return itself: redis-py copies the policy for every connection, and the state must be shared."""
        return self

    def call_with_retry(
        self,
        do: Callable[[], T],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        """Run `do`. Raises redis.ConnectionError at once during the pause."""
        if not self._may_try():
            raise redis.ConnectionError(f"{self.name} did not answer a moment ago")
        try:
            result = super().call_with_retry(do, fail, is_retryable, with_failure_count)
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._note_away(error)
            raise
        # Only commands have a failure count. Connecting proves nothing: redis-py calls this for an open connection too.
        if with_failure_count:
            self._note_back()
        return result

    def _may_try(self) -> bool:
        if not self._is_away:
            return True
        thread = threading.get_ident()
        with self._lock:
            if time.monotonic() >= self._try_at:
                self._trying, self._try_at = thread, time.monotonic() + AWAY_SECONDS
            return self._trying == thread

    def _note_away(self, error: Exception) -> None:
        with self._lock:
            was_away, self._is_away = self._is_away, True
            self._trying, self._try_at = None, time.monotonic() + AWAY_SECONDS
        if not was_away:
            log.warning("valkey.away", server=self.name, error=str(error) or type(error).__name__)

    def _note_back(self) -> None:
        if not self._is_away:
            return
        with self._lock:
            was_away, self._is_away = self._is_away, False
            self._trying = None
        if was_away:
            log.info("valkey.back", server=self.name)


class Connections(ConnectionFactory):  # type: ignore[misc]  # django-redis ships no types
    """One connection pool with a breaker for each server and database."""

    def get_or_create_connection_pool(self, params: dict[str, Any]) -> Any:
        """Return the pool of these parameters. django-redis ignores the database and would share one pool."""
        database = self.pool_cls_kwargs.get("db", 0)
        key = f"{params['url']} {database}"
        if key not in self._pools:
            breaker = Breaker(f"cache {database}")
            self._pools[key] = self.get_connection_pool({**params, "retry": breaker})
        return self._pools[key]


class CacheClient(DefaultClient):  # type: ignore[misc]  # see above
    """django-redis' client, for which a value that this release cannot unpickle is a miss.

    During an update two releases share a Valkey, and one may have pickled a class that the other does not have.
    A version in the keys would separate them, but then neither would see the other's invalidations.
    """

    def decode(self, value: bytes | int | str) -> Any:
        """Return the value, or UNREADABLE."""
        try:
            return super().decode(value)
        except Exception as error:  # noqa: BLE001 - pickle: "other exceptions may also be raised during unpickling"
            log.info("valkey.unreadable", error=f"{type(error).__name__}: {error}")
            return UNREADABLE

    def get(self, key: str, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the value of a key; `default` where there is none that can be read."""
        value = super().get(key, default, *args, **kwargs)
        return default if value is UNREADABLE else value

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return {key: value} of those that can be read."""
        values = super().get_many(*args, **kwargs)
        return {key: value for key, value in values.items() if value is not UNREADABLE}


class Cache(RedisCache):  # type: ignore[misc]  # see above
    """Django's cache in a Valkey; it behaves as if empty while the Valkey is away."""

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Set a key that does not exist; return whether it was set. True as well while Valkey is away.

        Callers that use it as a lock then go on without one: otherwise allauth would let no user sign in.
        """
        return super().add(*args, **kwargs) is not False


def queue(url: str, *, answer_seconds: float) -> redis.Redis:
    """Return a client for the queue: a command fails after `answer_seconds`, the next ones at once for AWAY_SECONDS."""
    pool = redis.ConnectionPool.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        retry=Breaker("queue"),
    )
    return redis.Redis(connection_pool=pool)


def cache(url: str, *, database: int = 0) -> dict[str, Any]:
    """Return the entry of Django's CACHES for one database of a Valkey."""
    pool = {
        "db": database,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "max_connections": 100,
    }
    return {
        "BACKEND": "config.valkey.Cache",
        "LOCATION": url,
        "KEY_PREFIX": "tessera",
        "OPTIONS": {
            "CLIENT_CLASS": "config.valkey.CacheClient",
            "CONNECTION_FACTORY": "config.valkey.Connections",
            "CONNECTION_POOL_KWARGS": pool,
            "IGNORE_EXCEPTIONS": True,
        },
    }
