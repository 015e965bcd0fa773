"""Telling the edge to forget. Keys are immutable, so this is for what must not be had any more, not for freshness."""

import urllib.error
import urllib.request
from collections.abc import Iterable

from django.conf import settings

from photos.files import cloudfront


class EdgeUnavailable(Exception):
    """The edge did not take the purge: try again later."""


def purge(keys: Iterable[str]) -> None:
    """Make the edge forget these objects; nothing happens where none is set up for it. Raises EdgeUnavailable."""
    gone = [f"/{key}" for key in keys]
    if gone and settings.CLOUDFRONT_DISTRIBUTION_ID:
        try:
            cloudfront.invalidate(gone)
        except cloudfront.NotInvalidated as error:
            raise EdgeUnavailable(str(error)) from error
        return
    if not gone or not settings.CDN_PURGE_TOKEN:
        return
    paths = "\n".join(gone)
    request = urllib.request.Request(  # noqa: S310 - the address is a setting, and http(s)
        f"{settings.CDN_URL}/_purge",
        data=paths.encode(),
        headers={"X-Purge-Token": settings.CDN_PURGE_TOKEN},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - see above
            return
    except (urllib.error.URLError, TimeoutError) as error:
        raise EdgeUnavailable(str(error)) from error
