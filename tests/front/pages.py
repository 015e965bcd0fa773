"""Renders our templates as a view would, without databases or sessions."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

NONCE = "nonce-of-this-response"


@dataclass(frozen=True)
class Somebody:
    """As much of a signed-in user as the page frame looks at."""

    pk: int = 7
    username: str = "alice"
    is_authenticated: bool = True

    def display_name(self) -> str:
        """Return the name shown in the menu."""
        return "Alice"


@dataclass(frozen=True)
class Tile:
    """A ready photo of 3:2, unless told otherwise."""

    pid: str = "7Gk"
    url: str = "/p/7Gk/"
    state: str = "ready"
    is_ready: bool = True
    is_failed: bool = False
    failure: str = ""
    remedy: str = ""
    filename: str = "IMG_1.jpg"
    level: str = ""
    waiting: str = "Getting ready"
    width: int = 3000
    height: int = 2000
    alt: str = "A ferry in fog"
    caption: str = ""
    color: str = "#8899aa"
    placeholder: str = "data:image/png;base64,AAAA"
    avif_srcset: str = ""
    webp_srcset: str = "/static/img/touch-icon.png?webp 180w"
    jpeg_srcset: str = "/static/img/touch-icon.png?jpeg 180w"
    src: str = "/static/img/touch-icon.png"
    motion: str = ""
    moving: str = "Moving"


@dataclass(frozen=True)
class Person:
    """As much of a person as a page shows."""

    username: str = "alice"
    display_name: str = "Alice"
    url: str = "/@alice/"
    bio: str = ""
    initials: str = "A"
    color: str = "oklch(0.52 0.11 90)"


@dataclass(frozen=True)
class Card(Tile):
    """A photo on its own page."""

    visibility: str = "public"
    alt_text: str = ""
    created_at: datetime = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(frozen=True)
class CardOf(Card):
    """A photo in the feed."""

    owner: Person = Person()


@dataclass
class Page:
    """A template and who asks for it; `render()` gives the HTML."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    user: Any = field(default_factory=AnonymousUser)
    path: str = "/"

    def request(self) -> HttpRequest:
        """Return the request that the template sees, with a CSP nonce."""
        request = RequestFactory().get(self.path)
        request.user = self.user
        setattr(request, "csp_nonce", NONCE)  # noqa: B010 - django-csp's attribute, unknown to the stubs
        return request

    def render(self) -> str:
        """Return the HTML."""
        return str(render_to_string(self.template, self.context, self.request()))


def upload_page() -> Page:
    """Return the upload page of a signed-in person, with its addresses."""
    context = {
        "max_bytes": 50 * 1024 * 1024,
        "max_files": 120,
        "max_megapixels": 120,
        "quota_bytes": 10 * 1024**3,
        "used_bytes": 3 * 1024**3,
        "accept": "image/jpeg,image/png,.heic",
        "visibility_choices": [("public", "Everybody"), ("private", "Only me")],
        "default_visibility": "public",
    }
    return Page("photos/upload/upload.html", context, user=Somebody(), path="/upload/")
