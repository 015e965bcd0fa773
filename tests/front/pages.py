"""Renders our templates as a view would, without databases or sessions."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory

NONCE = "nonce-of-this-response"


@dataclass(frozen=True)
class Somebody:
    """As much of a signed-in user as the page frame looks at."""

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
    width: int = 3000
    height: int = 2000
    alt: str = "A ferry in fog"
    color: str = "#8899aa"
    placeholder: str = "data:image/png;base64,AAAA"
    webp_srcset: str = "/static/img/touch-icon.png?webp 180w"
    jpeg_srcset: str = "/static/img/touch-icon.png?jpeg 180w"
    src: str = "/static/img/touch-icon.png"


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
        "max_files": 40,
        "accept": "image/jpeg,image/png,.heic",
        "visibility_choices": [("public", "Everybody"), ("private", "Only me")],
        "begin_url": "/begin",
        "finish_url": "/finish",
        "tiles_url": "/tiles",
    }
    return Page("photos/upload.html", context, user=Somebody(), path="/upload/")
