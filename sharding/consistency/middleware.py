"""Causal sessions for HTTP requests. Install it as the last middleware.

The view runs in a causal session; what other middlewares read stays on primaries. A reading view that fails with a
dying replica runs once more on primaries, so the visitor does not notice. If the primary is gone, the view runs once
more on replicas, however late they are.

The reader of a link with a token (`token_handover.link`) sees what the writer of the link saw."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.signing import BadSignature, Signer
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ops import metrics
from sharding.connections import replicas
from sharding.consistency import causal, token_handover, tokens
from sharding.consistency.causal import Session
from sharding.consistency.token_store import store
from sharding.consistency.tokens import Tokens

logger = logging.getLogger(__name__)

COOKIE_NAME = "causal"
_signer = Signer(salt="sharding.causal")
_READING_METHODS = {"GET", "HEAD"}


class CausalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with causal.session(lambda: _tokens_of(request), allows_replicas=False) as session:
            request.causal = session  # type: ignore[attr-defined]  # for the request log
            response = self.get_response(request)
            _keep(session, request, response)
            if settings.SHOW_DB_ROUTE:
                response["X-DB-Route"] = session.route()
        return response

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        # A request that changes something decides by what it reads, so it reads primaries. It also could not run again
        # if a replica failed.
        causal.current().allows_replicas = request.method in _READING_METHODS

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        session = causal.current()
        is_repeatable = request.method in _READING_METHODS and not session.dirty
        if not is_repeatable or not isinstance(error, OperationalError | InterfaceError):
            return None
        if session.used_replica():
            logger.warning("Reading again on primaries: %s", _first_line(error))
            replicas.doubt(session.aliases_used)
            with causal.pin():
                response = _run_again(request)
            if response is not None:
                return response
        logger.warning("Reading again on replicas, however late: %s", _first_line(error))
        with _accepting_stale(session):
            return _run_again(request)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _run_again(request: HttpRequest) -> HttpResponseBase | None:
    """The view's response, rendered; None when a database fails again."""
    match = request.resolver_match
    if match is None:
        return None
    for alias in causal.current().aliases_used:
        connections[alias].close_if_unusable_or_obsolete()
    try:
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        render = getattr(response, "render", None)
        return render() if callable(render) else response
    except (OperationalError, InterfaceError):
        return None


@contextmanager
def _accepting_stale(session: Session) -> Iterator[None]:
    session.accepts_stale = True
    session.forget_choices()
    try:
        yield
    finally:
        session.accepts_stale = False
        session.forget_choices()


def _tokens_of(request: HttpRequest) -> Tokens:
    """The token of a visitor: from the cookie, from the link, and for a signed-in user from the store."""
    token = tokens.merge(_load_cookie(request), _load_link(request))
    user_id = _find_user_id(request)
    return tokens.merge(token, store.load(user_id)) if user_id else token


def _load_cookie(request: HttpRequest) -> Tokens:
    cookie = request.COOKIES.get(COOKIE_NAME)
    if not cookie:
        return {}
    try:
        token = tokens.load(_signer.unsign(cookie))
    except BadSignature:
        token = {}
    metrics.tokens.labels("cookie", "hit" if token else "miss").inc()
    return token


def _load_link(request: HttpRequest) -> Tokens:
    text = request.GET.get(token_handover.PARAMETER)
    return token_handover.load(text) if text else {}


def _find_user_id(request: HttpRequest) -> str | None:
    """The signed-in user's id, found without loading the user or starting a session; None for other visitors."""
    session = getattr(request, "session", None)
    if session is None or not (session.modified or settings.SESSION_COOKIE_NAME in request.COOKIES):
        return None
    user_id = session.get(SESSION_KEY)
    return str(user_id) if user_id else None


def _keep(session: Session, request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep the token after the response, in the store for a signed-in user and in the cookie."""
    written = session.written() if session.dirty else {}
    kept = tokens.merge(written, session.accepted, _load_link(request))
    if not kept:
        return
    user_id = _find_user_id(request)
    if user_id:
        store.merge(user_id, kept)
    response.set_cookie(
        COOKIE_NAME,
        _signer.sign(tokens.dump(tokens.merge(_load_cookie(request), kept))),
        max_age=settings.CAUSAL_TOKEN_TTL_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
