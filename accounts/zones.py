"""In which time zone somebody reads: their browser says so by a cookie (`zone.js`), from the second page on.

Until it has, and where it says what is no zone, days and hours are of the site's own zone, and hours say so. Nothing of
a zone is kept with a person: a phone travels, a desk does not.
"""

import functools
import zoneinfo
from collections.abc import Callable
from importlib import resources

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "zone"


class ZoneMiddleware:
    """Has everything of a request said in the visitor's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the visitor's zone, and leave the thread as it was."""
        with timezone.override(find(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


def find(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone of that name in the IANA's list; a name is never a path to try."""
    return zoneinfo.ZoneInfo(name) if name in _names() else None


def is_known() -> bool:
    """Return whether the visitor's zone is known, rather than the site's used in its place."""
    return timezone.get_current_timezone() is not timezone.get_default_timezone()


@functools.cache
def _names() -> frozenset[str]:
    """Return the names of all zones; `zoneinfo` itself would open hundreds of files to find them."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())
