"""How photos reach a page: addresses at the edge, and the small objects that templates draw."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.people import Person
from photos import placeholder
from photos.models import Photo, State, Visibility
from photos.renditions import Spec, edges_for, fit
from photos.storage import rendition_key

FALLBACK_EDGE = 640


def signed_path(path: str, *, now: float | None = None) -> str:
    """Return `path` with an expiry and a signature that the edge checks.

    The expiry (unix seconds) is rounded up to the next window, so that one address is stable for that long and browsers
    can cache what they got. The signature is HMAC-SHA256 of "path newline expiry", base64url without padding.
    """
    window = settings.MEDIA_URL_TTL_SECONDS
    expires = (int((now or time.time()) // window) + 2) * window
    digest = hmac.digest(settings.CDN_SIGNING_KEY.encode(), f"{path}\n{expires}".encode(), hashlib.sha256)
    return f"{path}?e={expires}&s={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def rendition_url(photo: Photo, spec: Spec) -> str:
    """Return the address of one rendition at the edge: plain for a public photo, signed otherwise."""
    is_public = photo.visibility == Visibility.PUBLIC
    key = rendition_key(photo.pk, photo.sha256, spec, is_public=is_public, recipe=photo.recipe_version or 0)
    path = f"/{key}"
    return settings.CDN_URL + (path if is_public else signed_path(path))


@dataclass(frozen=True)
class Tile:
    """A photo in a grid. Everything is ready to be written into HTML; sizes in pixels."""

    pid: str
    url: str
    state: str
    failure: str
    width: int
    height: int
    aspect: float
    alt: str
    color: str
    placeholder: str
    webp_srcset: str
    jpeg_srcset: str
    src: str
    full_src: str

    @property
    def is_ready(self) -> bool:
        """Return whether the picture can be shown."""
        return self.state == State.READY

    @property
    def is_failed(self) -> bool:
        """Return whether it never will be."""
        return self.state == State.FAILED


@dataclass(frozen=True)
class Card(Tile):
    """A photo in a feed or on its own page."""

    caption: str
    owner: Person
    created_at: datetime
    visibility: str


def tile(photo: Photo) -> Tile:
    """Return a photo as a grid shows it."""
    return Tile(**_tile_fields(photo))


def card(photo: Photo, owner: Person) -> Card:
    """Return a photo as a feed shows it."""
    return Card(
        **_tile_fields(photo, alt=f"Photo by {owner.display_name}"),
        caption=photo.caption,
        owner=owner,
        created_at=photo.created_at,
        visibility=photo.visibility,
    )


def _tile_fields(photo: Photo, alt: str = "Photo") -> dict[str, Any]:
    # Until a photo is rendered nobody knows its proportions: 3:2 is the likeliest.
    width, height = (photo.width, photo.height) if photo.width and photo.height else (3, 2)
    return {
        "pid": photo.pid,
        "url": photo.get_absolute_url(),
        "state": photo.state,
        "failure": photo.failure,
        "width": width,
        "height": height,
        "aspect": round(width / height, 4),
        "alt": photo.caption or alt,
        "color": photo.color,
        "placeholder": placeholder.data_uri(bytes(photo.thumbhash)) if photo.thumbhash else "",
        **(_sources(photo, width, height) if photo.is_ready else _NO_SOURCES),
    }


_NO_SOURCES = {"webp_srcset": "", "jpeg_srcset": "", "src": "", "full_src": ""}


def _sources(photo: Photo, width: int, height: int) -> dict[str, str]:
    edges = edges_for(width, height)
    urls = {
        name: {edge: rendition_url(photo, Spec(edge, name)) for edge in edges} for name in ("webp", "jpeg")
    }

    def srcset(name: str) -> str:
        return ", ".join(f"{url} {fit((width, height), edge)[0]}w" for edge, url in urls[name].items())

    fallback = min(edges, key=lambda edge: abs(edge - FALLBACK_EDGE))
    return {
        "webp_srcset": srcset("webp"),
        "jpeg_srcset": srcset("jpeg"),
        "src": urls["jpeg"][fallback],
        "full_src": urls["jpeg"][edges[-1]],
    }
