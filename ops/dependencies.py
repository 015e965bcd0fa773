"""The state of every server that a pod depends on, asked at once and answered within DEADLINE_SECONDS.

Each probe has a thread of its own, which a frozen server may block; the same probe starts again only when it has ended.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django_redis import get_redis_connection

DEADLINE_SECONDS = 1.0
STORE_SECONDS = 0.5

_running: dict[str, "Future[str]"] = {}
_lock = threading.Lock()


class StoreFailing(Exception):
    """The store answered with a 5xx status."""


def states() -> dict[str, str]:
    """Return {name: "ok" or the error} of every primary, replica and Valkey, and of the store."""
    answers = {name: _start(name, probe) for name, probe in probes().items()}
    wait(answers.values(), timeout=DEADLINE_SECONDS)
    late = f"no answer within {DEADLINE_SECONDS:g} s"
    return {name: answer.result() if answer.done() else late for name, answer in answers.items()}


def probes() -> dict[str, Callable[[], None]]:
    """Return {name: probe}; a probe raises an error when its server does not serve."""
    servers: dict[str, Callable[[], None]] = {}
    for primary, replicas in settings.REPLICAS.items():
        for alias in (primary, *replicas):
            servers[alias.replace("default", "directory")] = partial(ask_database, alias)
    for alias in settings.CACHES:
        servers[f"valkey-{alias}"] = partial(ask_valkey, alias)
    return {**servers, "store": ask_store}


def ask_database(alias: str) -> None:
    """Open a new connection, as a pod that has just started would, and run a query."""
    connection = connections.create_connection(alias)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def ask_valkey(alias: str) -> None:
    """Send PING. Raises redis.RedisError."""
    get_redis_connection(alias).ping()


def ask_store() -> None:
    """Send HEAD / to the store. Any status below 500 will do: without credentials most stores answer 403."""
    address = urlsplit(settings.S3_ENDPOINT_URL)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=STORE_SECONDS)
    try:
        connection.request("HEAD", "/")
        status = connection.getresponse().status
    finally:
        connection.close()
    if status >= 500:
        raise StoreFailing(str(status))


def _start(name: str, probe: Callable[[], None]) -> "Future[str]":
    """Start a probe in a thread of its own, unless the last one still runs; return its answer to come."""
    with _lock:
        answer = _running.get(name)
        if answer is None or answer.done():
            answer = _running[name] = Future()
            threading.Thread(target=_answer, args=(answer, probe), name=f"ready-{name}", daemon=True).start()
        return answer


def _answer(answer: "Future[str]", probe: Callable[[], None]) -> None:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - any error is the answer of the probe
        answer.set_result(type(error).__name__)
    else:
        answer.set_result("ok")
