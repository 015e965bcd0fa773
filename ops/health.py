"""Probes: is this process alive, and may it take traffic?

`/livez` touches nothing. `/readyz` says what it found of the things it depends on but stays 200 when a shared one is
away: failing every pod at once would turn a partial outage into a full one. It is 503 only while the pod drains, that
is while DRAIN_FILE exists: whoever ends a pod makes that file, waits until nobody sends requests any more, and then
sends SIGTERM, on which the server finishes what it has.
`/metrics` is for this machine and for whoever has METRICS_TOKEN.
All are answered before sessions, host checks and redirects, since a prober calls by address.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import dramatiq
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from ops import dependencies, metrics

log = structlog.get_logger("ops.health")

HEARTBEAT_SECONDS = 5


class ProbesMiddleware:
    """Answers `/livez`, `/readyz` and `/metrics`; everything else passes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or pass the request on."""
        if request.path == "/livez":
            return JsonResponse({"status": "alive", "pod": settings.POD_NAME})
        if request.path == "/readyz":
            return readiness()
        if request.path == "/metrics":
            return numbers(request)
        return self.get_response(request)


def readiness() -> HttpResponse:
    """Return 503 while this pod drains, else 200 with the state of each dependency."""
    if settings.DRAIN_FILE and settings.DRAIN_FILE.exists():
        return JsonResponse({"status": "draining", "pod": settings.POD_NAME}, status=503)
    found = dependencies.states()
    status = "ready" if set(found.values()) == {"ok"} else "degraded"
    return JsonResponse({"status": status, "pod": settings.POD_NAME, "dependencies": found})


def numbers(request: HttpRequest) -> HttpResponse:
    """Return this pod's metrics to who comes from this machine or has the token; to others there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    has_token = bool(settings.METRICS_TOKEN) and constant_time_compare(given, settings.METRICS_TOKEN)
    if not has_token and not is_from_here(request):
        return HttpResponse(status=404)
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)


def is_from_here(request: HttpRequest) -> bool:
    """Whether the peer is this machine itself; what a proxy on this machine passes on comes from elsewhere."""
    if any(name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via")):
        return False
    # A server on a unix socket has no address to tell.
    return request.META.get("REMOTE_ADDR") in {"", None, "unix", "unix:", "127.0.0.1", "::1"}


class Heartbeat:
    """A file whose age says when its process was last well. Whoever does the work beats, not a thread beside it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._beaten_at = float("-inf")

    def beat(self) -> None:
        """Touch the file, if the last time is long enough ago."""
        now = time.monotonic()
        if self.path and now - self._beaten_at >= HEARTBEAT_SECONDS:
            self._beaten_at = now
            self.path.touch()

    def stop(self) -> None:
        """Take the file away: this process accepts no more work."""
        if self.path:
            self.path.unlink(missing_ok=True)


class MetricsFile(dramatiq.Middleware):
    """Keeps a worker's metrics in a file, where the environment names one: a worker listens on nothing."""

    def __init__(self, path: Path | None) -> None:
        self.writer = metrics.Writer(path)

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start to write."""
        self.writer.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Write what the last jobs added."""
        self.writer.stop()


class ReadyFile(dramatiq.Middleware):
    """Keeps a worker's heartbeat file, where the environment names one, while every thread of the worker is alive."""

    def __init__(self, path: Path | None) -> None:
        self.heart = Heartbeat(path)
        self.stopped = threading.Event()

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start to look after the worker once it consumes."""
        if self.heart.path:
            threading.Thread(target=self.watch, args=(worker,), name="ready-file", daemon=True).start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Take the file away: this worker accepts no more jobs."""
        self.stopped.set()
        self.heart.stop()

    def watch(self, worker: dramatiq.Worker) -> None:
        """Beat as long as the worker is whole; its file grows old otherwise."""
        while not self.stopped.is_set() and is_whole(worker):
            self.heart.beat()
            self.stopped.wait(HEARTBEAT_SECONDS)
        if self.stopped.is_set():
            self.heart.stop()
        else:
            log.critical(
                "worker.broken", dead=[thread.name for thread in threads_of(worker) if not thread.is_alive()]
            )


def is_whole(worker: dramatiq.Worker) -> bool:
    """Whether a worker has consumers and none of its threads has ended. It never starts one anew."""
    return bool(worker.consumers) and all(thread.is_alive() for thread in threads_of(worker))


def threads_of(worker: dramatiq.Worker) -> list[threading.Thread]:
    """The threads that fetch jobs and those that do them."""
    return [*worker.consumers.values(), *worker.workers]
