"""Lists page by page: the cursor in an address, and the address of the next page.

Addresses of next pages name their path: the lightbox puts another one into the browser's address bar.
"""

from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

from photos.views.http.parameters import find_id, find_number, parsed_pid
from sharding.rows import ids

COUNTED_UP_TO: Final = 10_000  # of what a page counts; beyond it says "or more"


def cursor(request: HttpRequest) -> int | None:
    """Return the id (`before`) below which the page goes on. Raises Http404."""
    before = request.GET.get("before")
    return parsed_pid(before) if before else None


def next_url(request: HttpRequest, last_id: int | None, **query: str) -> str | None:
    """Return the address of the page that goes on below `last_id`; None after the last page."""
    if last_id is None:
        return None
    return f"{escape_uri_path(request.path)}?{urlencode({**query, 'before': ids.encode(last_id)})}"


def comments_cursor(request: HttpRequest, name: str) -> int | None:
    """Return the id below which comments, or answers, go on; None when the address says none that can be read."""
    return find_id(request.GET.get(name, ""))


def position(request: HttpRequest) -> int | None:
    """Return the position in an album (`after`) behind which the page begins."""
    return find_number(request.GET.get("after", ""), max_digits=18)


def url_behind(request: HttpRequest, last_position: int | None, **query: str) -> str | None:
    """Return the address of the page that begins behind a position; None after the last page."""
    if last_position is None:
        return None
    return f"{request.path}?{urlencode({**query, 'after': last_position})}"
