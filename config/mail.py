"""Django's mail settings from one URL: `consolemail:` or `smtp[s]://user:password@host:port`."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from config.env import EnvironmentIncomplete

LOG_BACKEND = "config.mail_backend.LogBackend"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@dataclass(frozen=True)
class Mail:
    """The values of Django's EMAIL_* settings."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_ssl: bool = False
    use_tls: bool = False


def settings_from(url: str) -> Mail:
    """Return the settings of a URL. `smtp` upgrades by STARTTLS, `smtps` uses TLS from the first byte.

    Raises EnvironmentIncomplete for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "consolemail":
        return Mail(LOG_BACKEND)
    if parts.scheme not in {"smtp", "smtps"}:
        raise EnvironmentIncomplete(
            f"EMAIL_URL has the scheme {parts.scheme!r}: use consolemail:, smtp:// or smtps://"
        )
    return Mail(
        SMTP_BACKEND,
        host=parts.hostname or "localhost",
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_ssl=parts.scheme == "smtps",
        use_tls=parts.scheme == "smtp",
    )
