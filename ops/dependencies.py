"""The state of every server that a pod depends on, asked at once and answered within DEADLINE_SECONDS.

Each probe has a thread of its own, which a frozen server may block; the same probe starts again only when it has ended.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connections
from django_redis import get_redis_connection

from ops import schema

DEADLINE_SECONDS = 1.0
STORE_SECONDS = 0.5
WAIT_SECONDS = 2.0

log = structlog.get_logger("ops.dependencies")

_running: dict[str, "Future[str]"] = {}
_lock = threading.Lock()


class StoreFailing(Exception):
    """The store answered with a 5xx status."""


def states() -> dict[str, str]:
    """Return {name: "ok" or the error} of every primary, replica and Valkey, and of the store.

    The state of a primary whose schema is older than this release says what it lacks (see `behind`).
    """
    schema.leaves()  # read before the clock runs: the first time, every migration is imported
    answers = {name: _start(name, probe) for name, probe in probes().items()}
    wait(answers.values(), timeout=DEADLINE_SECONDS)
    late = f"no answer within {DEADLINE_SECONDS:g} s"
    return {name: answer.result() if answer.done() else late for name, answer in answers.items()}


def probes() -> dict[str, Callable[[], None]]:
    """Return {name: probe}; a probe raises an error when its server does not serve."""
    servers: dict[str, Callable[[], None]] = {}
    for primary, replicas in settings.REPLICAS.items():
        for alias in (primary, *replicas):
            probe = partial(ask_database, alias, is_primary=alias == primary)
            servers[alias.replace("default", "directory")] = probe
    for alias in settings.CACHES:
        servers[f"valkey-{alias}"] = partial(ask_valkey, alias)
    return {**servers, "store": ask_store}


def behind(states: Mapping[str, str]) -> dict[str, str]:
    """Return those of `states` that say that a database lacks migrations of this release; log them with the cure."""
    lacks = {name: state for name, state in states.items() if state.startswith(schema.LACKS)}
    if lacks:
        log.warning("schema.behind", cure="manage.py provision", lacks=lacks)
    return lacks


def wait_for_schema(is_stopped: Callable[[], bool] = lambda: False) -> None:
    """Return once no database is behind: jobs and periodic tasks would fail before. One that is away is not behind."""
    while not is_stopped() and behind(states()):
        time.sleep(WAIT_SECONDS)


def ask_database(alias: str, *, is_primary: bool = False) -> None:
    """Open a new connection, as a pod that has just started would, and run a query.

    Raises schema.Behind for a primary that lacks migrations of this release.
    """
    connection = connections.create_connection(alias)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if is_primary:
                schema.check(alias, cursor)
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
    except schema.Behind as behind:
        answer.set_result(str(behind))
    except Exception as error:  # noqa: BLE001 - any error is the answer of the probe
        answer.set_result(type(error).__name__)
    else:
        answer.set_result("ok")
