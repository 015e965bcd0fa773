"""Health probes: `/livez`, `/readyz` and `/metrics` of a web pod, ready files of workers and the scheduler.

`/livez` asks no other server. `/readyz` reports the state of each dependency but stays 200 when a shared one is away:
taking every pod out at once would turn a partial outage into a full one. It is 503 while a database lacks migrations
that this release's code needs, since nearly every page would fail, and while DRAIN_FILE exists. An operator who ends a
pod creates that file, waits until no more requests arrive, and then sends SIGTERM, on which the server finishes the
requests that it has.
`/metrics` is for callers on this machine and for those with METRICS_TOKEN.
All are answered before sessions, host checks and redirects, since a prober calls a pod by its address.
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

TOUCH_SECONDS = 5


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
            return metrics_page(request)
        return self.get_response(request)


def readiness() -> HttpResponse:
    """Return 503 while this pod drains or its schema is missing, otherwise 200; with the state of each dependency."""
    if settings.DRAIN_FILE and settings.DRAIN_FILE.exists():
        return JsonResponse({"status": "draining", "pod": settings.POD_NAME}, status=503)
    states = dependencies.states()
    is_behind = bool(dependencies.behind(states))
    status = "behind" if is_behind else "ready" if set(states.values()) == {"ok"} else "degraded"
    answer = {"status": status, "pod": settings.POD_NAME, "dependencies": states}
    return JsonResponse(answer, status=503 if is_behind else 200)


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Return this pod's metrics to callers on this machine or with the token; 404 to all others."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    has_token = bool(settings.METRICS_TOKEN) and constant_time_compare(given, settings.METRICS_TOKEN)
    if not has_token and not is_local(request):
        return HttpResponse(status=404)
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)


def is_local(request: HttpRequest) -> bool:
    """Return whether the request was made on this machine; one that a proxy passed on was not."""
    if any(name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via")):
        return False
    # On a unix socket the peer has no address.
    return request.META.get("REMOTE_ADDR") in {"", None, "unix", "unix:", "127.0.0.1", "::1"}


class FreshFile:
    """A file whose age tells a prober when its process was last well.

    The thread that does the work beats: a thread beside it would go on beating while the work hangs.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._beaten_at = float("-inf")

    def beat(self) -> None:
        """Touch the file, at most every TOUCH_SECONDS."""
        now = time.monotonic()
        if self.path and now - self._beaten_at >= TOUCH_SECONDS:
            self._beaten_at = now
            self.path.touch()

    def stop(self) -> None:
        """Remove the file: this process accepts no more work."""
        if self.path:
            self.path.unlink(missing_ok=True)


class MetricsFile(dramatiq.Middleware):
    """Writes a worker's metrics to METRICS_FILE, if there is one: a worker listens on no port."""

    def __init__(self, path: Path | None) -> None:
        self.writer = metrics.Writer(path)

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the writer."""
        self.writer.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Write the counts of the last jobs."""
        self.writer.stop()


class WaitForSchema(dramatiq.Middleware):
    """Lets a worker take jobs only when the databases have the migrations that its code needs."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Wait; meanwhile the worker has no READY_FILE."""
        dependencies.wait_for_schema()


class ReadyFile(dramatiq.Middleware):
    """Touches a worker's READY_FILE, if there is one, while every thread of the worker is alive."""

    def __init__(self, path: Path | None) -> None:
        self.heart = FreshFile(path)
        self.stopped = threading.Event()

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start to watch the worker once it consumes messages."""
        if self.heart.path:
            threading.Thread(target=self.watch, args=(worker,), name="ready-file", daemon=True).start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Remove the file: this worker accepts no more jobs."""
        self.stopped.set()
        self.heart.stop()

    def watch(self, worker: dramatiq.Worker) -> None:
        """Beat while the worker is whole; once it is broken the file grows old and a prober replaces the pod."""
        while not self.stopped.is_set() and is_whole(worker):
            self.heart.beat()
            self.stopped.wait(TOUCH_SECONDS)
        if self.stopped.is_set():
            self.heart.stop()
        else:
            log.critical(
                "worker.broken", dead=[thread.name for thread in threads_of(worker) if not thread.is_alive()]
            )


def is_whole(worker: dramatiq.Worker) -> bool:
    """Return whether a worker has consumers and all its threads live. Dramatiq never restarts a thread."""
    return bool(worker.consumers) and all(thread.is_alive() for thread in threads_of(worker))


def threads_of(worker: dramatiq.Worker) -> list[threading.Thread]:
    """Return the threads of a worker: those that fetch messages, and those that run jobs."""
    return [*worker.consumers.values(), *worker.workers]
