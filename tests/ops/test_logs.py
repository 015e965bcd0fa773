"""Logs: one JSON line per event, with the id of the request on each."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
import structlog
from django.http import HttpResponse
from django.test import RequestFactory

from ops import errors, logs


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """JSON logging for one test, into a stream; the logging of the test session is restored afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configuration(level="INFO", as_json=True, pod="web-7")
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    written: list[str] = []
    yield written
    root.handlers, root.level = handlers, level
    structlog.contextvars.clear_contextvars()


def written() -> list[dict[str, Any]]:
    """Return the lines logged so far."""
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    return [json.loads(line) for line in handler.stream.getvalue().splitlines()]


def answer(status: int = 200, request_id: str = "") -> HttpResponse:
    """Send one request through the middleware."""
    middleware = logs.RequestLogMiddleware(lambda request: HttpResponse(status=status))
    return middleware(RequestFactory().get("/p/abc/", headers={"X-Request-ID": request_id}))


def test_a_request_is_one_line_with_id_pod_and_time(lines: list[str]) -> None:
    response = answer(request_id="0123456789abcdef")
    (line,) = written()
    assert response["X-Request-ID"] == line["request_id"] == "0123456789abcdef"
    assert (line["event"], line["pod"], line["status"], line["path"]) == ("request", "web-7", 200, "/p/abc/")
    assert line["ms"] >= 0


@pytest.mark.parametrize("forged", ["short", "with space and more", 'quote"quote"quote', "x" * 65])
def test_an_id_that_could_spoil_the_log_is_replaced(forged: str, lines: list[str]) -> None:
    assert answer(request_id=forged)["X-Request-ID"] != forged


def test_a_5xx_is_an_error_line(lines: list[str]) -> None:
    answer(503)
    assert written()[0]["level"] == "error"


def test_libraries_lines_carry_the_same_context(lines: list[str]) -> None:
    structlog.contextvars.bind_contextvars(request_id="the-request-id")
    logging.getLogger("some.library").warning("look at %s", "this")
    (line,) = written()
    assert (line["event"], line["request_id"], line["pod"]) == ("look at this", "the-request-id", "web-7")


def message() -> dramatiq.MessageProxy:
    """Return a message as a worker receives it."""
    return dramatiq.MessageProxy(
        dramatiq.Message(queue_name="media", actor_name="render", args=(1,), kwargs={}, options={})
    )


def test_a_job_carries_the_id_of_the_request_that_caused_it(lines: list[str]) -> None:
    broker, job, middleware = dramatiq.get_broker(), message(), logs.JobLog()
    structlog.contextvars.bind_contextvars(request_id="the-request-id")
    middleware.before_enqueue(broker, job._message, None)
    structlog.contextvars.clear_contextvars()
    middleware.before_process_message(broker, job)
    middleware.after_process_message(broker, job)
    (line,) = written()
    assert (line["event"], line["outcome"], line["request_id"]) == ("job", "done", "the-request-id")
    assert line["waited_ms"] >= 0
    assert structlog.contextvars.get_contextvars() == {}


def test_a_failed_job_says_why(lines: list[str]) -> None:
    broker, job, middleware = dramatiq.get_broker(), message(), logs.JobLog()
    middleware.before_process_message(broker, job)
    middleware.after_process_message(broker, job, exception=ValueError("too blue"))
    (line,) = written()
    assert (line["level"], line["outcome"], line["error"]) == ("error", "failed", "ValueError('too blue')")


def test_errors_are_sent_without_secrets_and_with_the_request_id() -> None:
    structlog.contextvars.bind_contextvars(request_id="the-request-id")
    event: Any = {"request": {"headers": {"Cookie": "sessionid=1", "Accept": "*/*", "X-CSRFToken": "t"}}}
    scrubbed: Any = errors.scrub(event, {})
    structlog.contextvars.clear_contextvars()
    headers = scrubbed["request"]["headers"]
    assert headers == {"Cookie": "[scrubbed]", "Accept": "*/*", "X-CSRFToken": "[scrubbed]"}
    assert scrubbed["tags"] == {"request_id": "the-request-id"}
