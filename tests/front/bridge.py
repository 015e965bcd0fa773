"""Chromium at our views, without a server: each request of the browser becomes one of Django's test client.

So a browser test sees the test's own open transaction. Pictures are one icon; what is posted is not looked at, unless
that is asked for.
"""

import contextvars
import mimetypes
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page, Route

ORIGIN = "http://localhost"
PICTURE = Path(str(finders.find("img/touch-icon.png"))).read_bytes()


def open_tab(chromium: Browser, client: Client, *, is_posting: bool = False, **options: object) -> Page:
    """Return a tab whose every request is answered by `client`, forms too if `is_posting`."""
    context = chromium.new_context(base_url=ORIGIN, service_workers="block", **options)  # type: ignore[arg-type] # Playwright's options
    # A service worker asks past our answers, where no server is.
    # Connections, and so the test's transaction, belong to a context; Playwright calls handlers in others.
    ours = contextvars.copy_context()
    context.route(
        "**/*", lambda route: answer(route, lambda *args, **kwargs: ours.run(client.get, *args, **kwargs))
    )
    if is_posting:
        context.route(
            "**/*", lambda route: post(route, lambda *args, **kwargs: ours.run(client.post, *args, **kwargs))
        )
    return context.new_page()


def answer(route: Route, get: Callable[..., Any]) -> None:
    """Answer a request: a file of ours, a picture, or a page."""
    where = urlsplit(route.request.url)
    if where.path.startswith("/static/"):
        name = where.path.removeprefix("/static/")
        found = finders.find(name)
        kind = mimetypes.guess_type(name)[0] or "text/plain"
        route.fulfill(
            status=200 if found else 404, body=Path(found).read_bytes() if found else b"", content_type=kind
        )
    elif where.hostname != "localhost":
        route.fulfill(body=PICTURE, content_type="image/png")
    elif route.request.method != "GET":
        route.fulfill(status=204)
    else:
        sent = {name: value for name, value in route.request.headers.items() if name.startswith("hx-")}
        said = get(f"{where.path}?{where.query}".rstrip("?"), headers=sent, SERVER_NAME="localhost")
        route.fulfill(
            status=said.status_code,
            body=b"".join(said) if said.streaming else said.content,
            headers={name: value for name, value in said.items() if name != "Content-Length"},
        )


def post(route: Route, send: Callable[..., Any]) -> None:
    """Answer a form that a script has sent; leave all else to `answer`."""
    if route.request.method != "POST":
        return route.fallback()
    where = urlsplit(route.request.url)
    form = parse_qs(route.request.post_data or "", keep_blank_values=True)
    said = send(where.path, form, headers={"HX-Request": "true"}, SERVER_NAME="localhost")
    return route.fulfill(
        status=said.status_code,
        body=said.content,
        content_type=said.headers.get("Content-Type", "text/plain"),
    )


def addresses(patterns: Iterable[URLPattern | URLResolver] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield every address of the site but the admin's: its name, and the names of the parts that vary."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(each, URLResolver):
            if each.namespace != "admin":
                yield from addresses(each.url_patterns)
        elif each.name:
            yield each.name, list(each.pattern.regex.groupindex)
