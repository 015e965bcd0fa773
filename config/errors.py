"""What people see when something goes wrong."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

RETRY_AFTER_SECONDS = 5
API_PREFIX = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request made no sense."""
    return page("400.html", HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, and not allowed."""
    return page("403.html", HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not for this visitor."""
    return page("404.html", HTTPStatus.NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was not ours, or too old."""
    return page("403_csrf.html", HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; but 503 with Retry-After when it was a database that did not answer: that passes."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, OperationalError | InterfaceError):
        error = error.__cause__
    if error is None:
        return page("500.html", HTTPStatus.INTERNAL_SERVER_ERROR)
    response = unavailable(request)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 in the form in which the asker reads: a page, or JSON for a script."""
    if not request.path.startswith(API_PREFIX):
        return page("503.html", HTTPStatus.SERVICE_UNAVAILABLE)
    error = {"code": "database_unavailable", "message": _("A database is not answering. Please try again.")}
    response = JsonResponse({"error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    add_never_cache_headers(response)
    return response


def page(template: str, status: HTTPStatus) -> HttpResponse:
    """Return a page that needs no database, session or user: those may be what is broken."""
    response = HttpResponse(render_to_string(template), status=status)
    add_never_cache_headers(response)
    return response
