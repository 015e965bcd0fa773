"""What the page's frame says about photos."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from photos import notifications


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_count`, how much news somebody has; asked for only by a page that shows it."""

    def count() -> int:
        user = getattr(request, "user", None)
        return notifications.unread_count(user.pk) if isinstance(user, User) else 0

    return {"unread_count": SimpleLazyObject(count)}
