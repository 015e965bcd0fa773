"""Which language somebody reads: the one they chose, else what their browser asked for when they last signed in.

Pages need no question for it: Django's LocaleMiddleware goes by a cookie, then by the browser. Signing in sets that
cookie to what the person has chosen. The rest is for mails, which may be written where there is no browser.
"""

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation

from accounts.models import User


def for_user(user: User | None) -> str:
    """Return the language in which to write to somebody; of nobody in particular, the one that is spoken just now."""
    known = (user.language or user.browser_language) if user else ""
    return known or translation.get_language() or settings.LANGUAGE_CODE


def override_for(user: User | None) -> AbstractContextManager[None]:
    """Return a context in which everything is said in somebody's language."""
    return translation.override(for_user(user))


def choose(user: User, language: str) -> None:
    """Note somebody's choice; "" is to go by the browser. Raises ValueError for no language of ours."""
    if language and language not in dict(settings.LANGUAGES):
        raise ValueError(language)
    user.language = language
    user.save(update_fields=["language"])


def apply_at_sign_in(user: User, response: HttpResponse) -> HttpResponse:
    """Let the answer to a sign-in set this browser to the person's choice; without one, note what the browser says."""
    if user.language:
        set_cookie(response, user.language)
    elif user.browser_language != (now := translation.get_language() or ""):
        user.browser_language = now
        user.save(update_fields=["browser_language"])
    return response


def set_cookie(response: HttpResponse, language: str) -> None:
    """Set a browser to a language, as Django's own `set_language` does; "" forgets it."""
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
