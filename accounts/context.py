"""The context processor of accounts."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.profile_card import Person


def me(request: HttpRequest) -> dict[str, Any]:
    """Return {"me": the signed-in person or None}; lazy, so a template that does not use it causes no query."""

    def find() -> Person | None:
        user = getattr(request, "user", None)
        return Person.from_user(user) if isinstance(user, User) else None

    return {"me": SimpleLazyObject(find)}
