"""The language of a user: their own choice, else what their browser asked for when they last signed in.

Pages need no query for it: Django's LocaleMiddleware reads a cookie, then the browser's Accept-Language, and signing in
sets that cookie to the user's choice. The functions here are for mails, which a worker writes without a browser.
"""

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation

from accounts.models import User


def for_user(user: User | None) -> str:
    """Return the language code for a mail to `user`; the active language when that is None or unknown."""
    user_language = (user.language or user.browser_language) if user else ""
    return user_language or translation.get_language() or settings.LANGUAGE_CODE


def override_for(user: User | None) -> AbstractContextManager[None]:
    """Return a context in which gettext answers in the user's language."""
    return translation.override(for_user(user))


def choose(user: User, language: str) -> None:
    """Save the user's choice; "" means: follow the browser. Raises ValueError unless LANGUAGES has it."""
    if language and language not in dict(settings.LANGUAGES):
        raise ValueError(language)
    user.language = language
    user.save(update_fields=["language"])


def apply_at_sign_in(user: User, response: HttpResponse) -> HttpResponse:
    """Set the cookie of this browser to the user's choice; without a choice, save what the browser asks for."""
    if user.language:
        set_cookie(response, user.language)
        return response
    browser_language = translation.get_language() or ""
    if user.browser_language != browser_language:
        user.browser_language = browser_language
        user.save(update_fields=["browser_language"])
    return response


def set_cookie(response: HttpResponse, language: str) -> None:
    """Set the language cookie with the attributes of Django's own `set_language`; "" deletes it."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
    )
