"""The context processor of the page's frame: how many notifications are unread."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from photos.social import notifications


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_count` as a lazy number: only a page that shows it asks for it."""
    return {"unread_count": SimpleLazyObject(lambda: unread_count(request))}


def unread_count(request: HttpRequest) -> int:
    """Return how many notifications the viewer has not read; asked for once a request."""
    if not hasattr(request, "unread_count"):
        user = getattr(request, "user", None)
        count = notifications.unread_count(user.pk) if isinstance(user, User) else 0
        request.unread_count = count  # type: ignore[attr-defined]  # kept with the request it is for
    return int(request.unread_count)  # type: ignore[attr-defined]  # see above
