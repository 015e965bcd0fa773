"""System checks: what a deployment must not forget."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from config.mail import LOG_BACKEND


def check_mail(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """config.E001: a log that many read is no place for links that reset passwords."""
    if settings.ENVIRONMENT != "production" or settings.EMAIL_BACKEND != LOG_BACKEND:
        return []
    return [
        checks.Error(
            "Mail goes to the log, and with it the links that reset passwords.",
            hint="Set EMAIL_URL to smtp://user:password@host:587, or ENVIRONMENT to something else than production.",
            id="config.E001",
        )
    ]
