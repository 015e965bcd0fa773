"""The responses to errors: 400, 403, 404, 500, and 503 when a database does not answer."""

import sys
from http import HTTPStatus

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

RETRY_AFTER_SECONDS = 5
API_PREFIX = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 400: the request is malformed."""
    return framed_page(request, "400.html", HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 403: the user may not do this."""
    return framed_page(request, "403.html", HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404: the page does not exist, or this visitor may not see it."""
    return framed_page(request, "404.html", HTTPStatus.NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return 403: the form has no valid CSRF token."""
    return framed_page(request, "403_csrf.html", HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 with Retry-After when the cause is a database that does not answer, otherwise 500."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, OperationalError | InterfaceError):
        error = error.__cause__
    if error is None:
        return page("500.html", HTTPStatus.INTERNAL_SERVER_ERROR)
    response = unavailable(request)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return 503 without Retry-After: JSON below `/api/`, a page elsewhere."""
    if not request.path.startswith(API_PREFIX):
        return page("503.html", HTTPStatus.SERVICE_UNAVAILABLE)
    error = {"code": "database_unavailable", "message": _("A database is not answering. Please try again.")}
    response = JsonResponse({"error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    add_never_cache_headers(response)
    return response


def framed_page(request: HttpRequest, template: str, status: HTTPStatus) -> HttpResponse:
    """Return an error page in the frame of the visitor's other pages, or alone when it cannot be told who they are.

    A request that was refused before it came to the sessions has no user; a database or cache may be away.
    """
    if not hasattr(request, "user"):
        return page(template, status)
    try:
        response = HttpResponse(render_to_string(template, request=request), status=status)
    except (OperationalError, InterfaceError, redis.RedisError):
        return page(template, status)
    add_never_cache_headers(response)
    return response


def page(template: str, status: HTTPStatus) -> HttpResponse:
    """Return an error page, rendered without database, session or user: these may be the cause of the error."""
    response = HttpResponse(render_to_string(template), status=status)
    add_never_cache_headers(response)
    return response
