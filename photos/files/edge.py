"""Purging objects at the edge. Keys are immutable, so only files that must no longer be served are purged."""

import urllib.error
import urllib.request
from collections.abc import Iterable

from django.conf import settings

from photos.files import cloudfront


class EdgeUnavailable(Exception):
    """The edge did not accept the purge: try again later."""


def purge(keys: Iterable[str]) -> None:
    """Purge these objects at the edge; do nothing where no edge is configured. Raises EdgeUnavailable."""
    paths = [f"/{key}" for key in keys]
    if paths and settings.CLOUDFRONT_DISTRIBUTION_ID:
        try:
            cloudfront.invalidate(paths)
        except cloudfront.NotInvalidated as error:
            raise EdgeUnavailable(str(error)) from error
        return
    if not paths or not settings.CDN_PURGE_TOKEN:
        return
    request = urllib.request.Request(  # noqa: S310 - the address is a setting, and http(s)
        f"{settings.CDN_URL}/_purge",
        data="\n".join(paths).encode(),
        headers={"X-Purge-Token": settings.CDN_PURGE_TOKEN},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - see above
            return
    except (urllib.error.URLError, TimeoutError) as error:
        raise EdgeUnavailable(str(error)) from error
