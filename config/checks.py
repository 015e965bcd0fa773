"""System checks of a deployment's settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from config.mail import LOG_BACKEND


def check_mail(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """config.E001: production must not write its mails, with links that reset passwords, to the log."""
    if settings.ENVIRONMENT != "production" or settings.EMAIL_BACKEND != LOG_BACKEND:
        return []
    return [
        checks.Error(
            "Mails are written to the log, with the links that reset passwords.",
            hint="Set EMAIL_URL to smtp://user:password@host:587, or ENVIRONMENT to another value than production.",
            id="config.E001",
        )
    ]
