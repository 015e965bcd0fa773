"""Structured logs: one JSON line per event, with the id of the request, also on the lines of the jobs that it caused.

The context (`request_id`, `pod`, and for a job `actor`, `message_id`) is bound once and added to every line that is
logged meanwhile, also by libraries, since everything goes through the standard library's logging.
"""

import logging
import logging.config
import re
import time
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import dramatiq
import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars

log = structlog.get_logger("tessera")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUIET_PATHS = ("/livez", "/readyz", "/static/")


def configuration(*, level: str, as_json: bool, pod: str) -> None:
    """Configure structlog and the standard library's logging for this process."""

    def add_pod(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("pod", pod)
        return event

    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, add_pod]
    if as_json:
        final += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        final += [structlog.dev.ConsoleRenderer()]
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "processors": final, "foreign_pre_chain": shared}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django.server": {"propagate": True, "level": "WARNING"},
                "botocore": {"level": "WARNING"},
                "dramatiq": {"level": "WARNING"},
                # RequestLogMiddleware logs the same in one line, with the request id.
                "django.request": {"level": "ERROR"},
            },
        }
    )


def request_id() -> str:
    """Return the id of the request or job in progress, or a new one outside of both."""
    bound = get_contextvars().get("request_id")
    return str(bound) if bound else uuid.uuid4().hex


class RequestLogMiddleware:
    """Gives each request an id (the load balancer's if it sent one) and logs the request when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Bind the context, answer, log one line: method, route, status, milliseconds, data aliases used."""
        given = request.headers.get("X-Request-ID", "")
        clear_contextvars()
        bind_contextvars(request_id=given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id()
        if not request.path.startswith(QUIET_PATHS):
            self._log(request, response, started)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        match = request.resolver_match
        user = request.__dict__.get(
            "_cached_user"
        )  # set if the view has loaded it: a log line costs no query
        causal = getattr(request, "causal", None)
        log.log(
            logging.ERROR if response.status_code >= 500 else logging.INFO,
            "request",
            method=request.method,
            path=request.path,
            route=match.view_name if match else None,
            status=response.status_code,
            bytes_in=int(request.META.get("CONTENT_LENGTH") or 0),
            ms=round((time.perf_counter() - started) * 1000, 1),
            user_id=user.pk if user else None,
            aliases=sorted(causal.aliases_used) if causal else [],
        )


class JobLog(dramatiq.Middleware):
    """Carries the request id with a message and logs each job when it ends."""

    def before_enqueue(
        self, broker: dramatiq.Broker, message: dramatiq.Message[Any], delay: int | None
    ) -> None:
        """Put the id of the request that causes this job into the message; a retry keeps it."""
        message.options.setdefault("request_id", request_id())

    def before_process_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Bind the job's context for every line that is logged until it ends."""
        clear_contextvars()
        bind_contextvars(
            request_id=message.options.get("request_id", message.message_id),
            actor=message.actor_name,
            message_id=message.message_id,
        )
        message.options["started_at"] = time.perf_counter()

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        """Log the outcome, with the run time and the time in the queue in milliseconds."""
        ran_ms = (time.perf_counter() - message.options.pop("started_at", time.perf_counter())) * 1000
        fields = {
            "args": message.args,
            "ms": round(ran_ms, 1),
            "waited_ms": round(max(0.0, time.time() * 1000 - message.message_timestamp - ran_ms)),
            "retries": message.options.get("retries", 0),
        }
        if exception is None:
            log.info("job", outcome="done", **fields)
        else:
            log.error("job", outcome="failed", error=repr(exception), exc_info=exception, **fields)
        clear_contextvars()
