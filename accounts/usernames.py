"""Validation of usernames. They are part of addresses (`/@ana/`), so they are plain ASCII in lower case."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 30
RESERVED = frozenset(
    (
        "about",
        "accounts",
        "admin",
        "api",
        "erased",
        "favourites",
        "help",
        "home",
        "login",
        "logout",
        "me",
        "moderator",
        "notifications",
        "ops",
        "p",
        "people",
        "privacy",
        "root",
        "settings",
        "signup",
        "staff",
        "static",
        "status",
        "support",
        "system",
        "terms",
        "tessera",
        "tiles",
        "upload",
        "www",
    )
)

is_plain = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9_.]{0,28}[a-z0-9_])?\Z",
    _("Use 2 to 30 letters, digits, dots or underscores, starting with a letter or digit."),
)


def is_not_reserved(value: str) -> None:
    """Raise ValidationError for a name in RESERVED."""
    if value.lower() in RESERVED:
        raise ValidationError(_("This name is reserved. Please choose another."), code="reserved")


def is_plain_in_any_case(value: str) -> None:
    """Raise ValidationError unless the name in lower case matches `is_plain`."""
    is_plain(value.lower())


VALIDATORS = [is_plain_in_any_case, is_not_reserved]
