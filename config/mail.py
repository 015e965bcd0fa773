"""Django's mail settings from one URL: `consolemail:` or `smtp[s]://user:password@host:port`."""

from urllib.parse import unquote, urlsplit

from config.env import EnvironmentIncomplete


def settings(url: str) -> dict[str, object]:
    """Return the EMAIL_* settings for a URL; `smtp` starts TLS, `smtps` speaks it from the first byte.

    Raises EnvironmentIncomplete for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "consolemail":
        return {"EMAIL_BACKEND": "config.mail_backend.LogBackend"}
    if parts.scheme not in {"smtp", "smtps"}:
        raise EnvironmentIncomplete(
            f"EMAIL_URL has the scheme {parts.scheme!r}: use consolemail, smtp or smtps"
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_TIMEOUT": 10,
    }
