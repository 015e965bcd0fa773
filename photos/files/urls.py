"""The addresses of renditions at the edge: plain for public files, signed and expiring for all others."""

import base64
import hashlib
import hmac
import time

from django.conf import settings

from photos.files import cloudfront, relocation
from photos.files.keys import is_public, rendition_key
from photos.imaging.renditions import Spec
from photos.models import Photo


def rendition_url(photo: Photo, spec: Spec) -> str:
    """Return the address of one rendition, on the shelf that the photo is shown from."""
    return object_url(rendition_key(photo.pk, photo.stamp, spec, shelf=relocation.shown_shelf(photo)))


def object_url(key: str) -> str:
    """Return the address of a stored rendition: signed unless its key is a public one."""
    path = f"/{key}"
    return settings.CDN_URL + (path if is_public(key) else signed_path(path))


def signed_path(path: str, *, now: float | None = None) -> str:
    """Return `path` with an expiry and a signature that the edge checks.

    The expiry (unix seconds) is rounded up to the next window of MEDIA_URL_TTL_SECONDS, so one address stays the same
    for that long and browsers can cache the file. CloudFront has a signature of its own; the local edge's is
    HMAC-SHA256 of "path newline expiry", base64url without padding.
    """
    window = settings.MEDIA_URL_TTL_SECONDS
    expires = (int((now or time.time()) // window) + 2) * window
    if settings.CLOUDFRONT_KEY_ID:
        return cloudfront.signed_path(path, expires)
    digest = hmac.digest(settings.CDN_SIGNING_KEY.encode(), f"{path}\n{expires}".encode(), hashlib.sha256)
    return f"{path}?e={expires}&s={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
