"""What the page's frame says about photos."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from photos.social import notifications


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_count`, how much news somebody has; asked for only by a page that shows it."""

    return {"unread_count": SimpleLazyObject(lambda: unread_of(request))}


def unread_of(request: HttpRequest) -> int:
    """Return how much news the visitor has; asked for once a request."""
    if not hasattr(request, "unread_count"):
        user = getattr(request, "user", None)
        count = notifications.unread_count(user.pk) if isinstance(user, User) else 0
        request.unread_count = count  # type: ignore[attr-defined]  # kept with the request it is for
    return int(request.unread_count)  # type: ignore[attr-defined]
