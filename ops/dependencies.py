"""What a pod depends on and how it is, asked all at once and answered by one deadline.

Each question has a thread of its own, which a frozen server may hold; it is not asked again before it has answered.
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

_asked: dict[str, "Future[str]"] = {}
_lock = threading.Lock()


class StoreFailing(Exception):
    """The store answers, and says that it cannot serve."""


def states() -> dict[str, str]:
    """Return {name: "ok" or what is wrong} for every primary, replica and Valkey, and for the store."""
    answers = {name: _ask(name, question) for name, question in questions().items()}
    wait(answers.values(), timeout=DEADLINE_SECONDS)
    late = f"no answer within {DEADLINE_SECONDS:g} s"
    return {name: answer.result() if answer.done() else late for name, answer in answers.items()}


def questions() -> dict[str, Callable[[], None]]:
    """Return what to ask, by name; a question raises what is wrong."""
    asked: dict[str, Callable[[], None]] = {}
    for primary, replicas in settings.REPLICAS.items():
        for alias in (primary, *replicas):
            asked[alias.replace("default", "directory")] = partial(ask_database, alias)
    for alias in settings.CACHES:
        asked[f"valkey-{alias}"] = partial(ask_valkey, alias)
    return {**asked, "store": ask_store}


def ask_database(alias: str) -> None:
    """Connect anew, as a pod that has just started would."""
    connection = connections.create_connection(alias)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def ask_valkey(alias: str) -> None:
    """Ask for any answer at all."""
    get_redis_connection(alias).ping()


def ask_store() -> None:
    """Ask the store for any answer but that it fails: without credentials most are refusals."""
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


def _ask(name: str, question: Callable[[], None]) -> "Future[str]":
    """Put the question, unless the last time is still unanswered."""
    with _lock:
        answer = _asked.get(name)
        if answer is None or answer.done():
            answer = _asked[name] = Future()
            threading.Thread(
                target=_answer, args=(answer, question), name=f"ready-{name}", daemon=True
            ).start()
        return answer


def _answer(answer: "Future[str]", question: Callable[[], None]) -> None:
    try:
        question()
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
        answer.set_result(type(error).__name__)
    else:
        answer.set_result("ok")
