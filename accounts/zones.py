"""The time zone of a visitor: the script `site/time-zone.js` sets it as a cookie, so it holds from the second page on.

Without a valid cookie, days and hours are in the site's own zone, and hours name that zone. Pages do not use the zone
that `mail_zones` saves with the user, because the user's phone and desktop may be in different zones.
"""

import functools
import zoneinfo
from collections.abc import Callable
from importlib import resources

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "zone"


class ZoneMiddleware:
    """Activates the visitor's time zone for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the visitor's zone, then restore the thread's previous zone."""
        with timezone.override(find(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)


def find(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the IANA zone of that name, or None. The name comes from a cookie and is never used as a path."""
    return zoneinfo.ZoneInfo(name) if name in _names() else None


def is_known() -> bool:
    """Return whether the active zone came from the visitor rather than from the site's settings."""
    return timezone.get_current_timezone() is not timezone.get_default_timezone()


@functools.cache
def _names() -> frozenset[str]:
    """Return all zone names from one file; `zoneinfo.available_timezones` would open hundreds."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())
