"""Probes: is this process alive, and may it take traffic?

`/livez` touches nothing. `/readyz` says what it found of the things it depends on but stays 200 when a shared one is
away: failing every pod at once would turn a partial outage into a full one. It turns 503 only while the pod drains.
Both are answered before sessions, host checks and redirects, since a prober calls by address.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import dramatiq
from django.conf import settings
from django.db import connections
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_redis import get_redis_connection
from redis.exceptions import RedisError

HEARTBEAT_SECONDS = 5


class ProbesMiddleware:
    """Answers `/livez` and `/readyz`; everything else passes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        if request.path == "/livez":
            return JsonResponse({"status": "alive", "pod": settings.POD_NAME})
        if request.path == "/readyz":
            found = dependencies()
            degraded = [name for name, state in found.items() if state != "ok"]
            status = "degraded" if degraded else "ready"
            return JsonResponse({"status": status, "pod": settings.POD_NAME, "dependencies": found})
        return self.get_response(request)


def dependencies() -> dict[str, str]:
    """Return {name: "ok" or what is wrong} for each primary and each Valkey, asked one after the other."""
    found = {}
    for alias in ("default", *settings.SHARDS):
        found["directory" if alias == "default" else alias] = _outcome(_ask_database, alias)
    for alias in settings.CACHES:
        found[f"valkey-{alias}"] = _outcome(_ask_valkey, alias)
    return found


def _ask_database(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_valkey(alias: str) -> None:
    get_redis_connection(alias).ping()


def _outcome(ask: Callable[[str], None], alias: str) -> str:
    try:
        ask(alias)
    except (DatabaseError, RedisError) as error:
        return type(error).__name__
    return "ok"


def beat(path: Path, stop: threading.Event) -> None:
    """Touch `path` now and every few seconds until `stop` is set; its age is the process's liveness."""
    while True:
        path.touch()
        if stop.wait(HEARTBEAT_SECONDS):
            path.unlink(missing_ok=True)
            return


class ReadyFile(dramatiq.Middleware):
    """Keeps a worker's heartbeat file, where the environment names one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.stop = threading.Event()

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the heartbeat once the worker consumes."""
        if self.path:
            threading.Thread(target=beat, args=(self.path, self.stop), name="ready-file", daemon=True).start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Take the file away: this worker accepts no more jobs."""
        self.stop.set()
