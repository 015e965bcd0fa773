"""What search engines are asked to leave alone.

Pages that are for few eyes are not named here: they say `noindex` themselves, to whoever may look. A share link is such
a page; that there are any is nobody's business.
"""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# By name, each with all that is below it: what only makes sense signed in, or to a script, or has no end.
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
    """robots.txt."""
    closed = sorted({*map(reverse, CLOSED), *PREFIXES})
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
