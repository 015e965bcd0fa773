"""robots.txt: the addresses that search engines are asked not to fetch.

Pages for few readers, such as those of share links, are not listed here: a public list would tell that they exist. They
carry `noindex` themselves.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Names of routes, each with all addresses below: pages for signed-in readers or scripts, and endless lists.
CLOSED = (
    "admin:index",
    "albums",
    "duplicates",
    "favourites",
    "memories",
    "notifications",
    "organise",
    "own-profile",
    "people",
    "search",
    "settings",
    "set_language",
    "share",
    "tiles",
    "trash",
    "upload",
)
PREFIXES = ("/accounts/", "/api/")


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def robots(request: HttpRequest) -> HttpResponse:
    """Return robots.txt."""
    closed = sorted({*map(reverse, CLOSED), *PREFIXES})
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
