"""The system checks of config."""

import pytest
from django.core import checks
from pytest_django import Settings

from config.mail import LOG_BACKEND, SMTP_BACKEND


def check_ids() -> list[str | None]:
    return [message.id for message in checks.run_checks() if str(message.id).startswith("config.")]


@pytest.mark.parametrize(
    ("environment", "backend", "expected"),
    [
        ("production", LOG_BACKEND, ["config.E001"]),
        ("production", SMTP_BACKEND, []),
        ("local", LOG_BACKEND, []),
    ],
)
def test_production_does_not_send_its_mail_to_the_log(
    environment: str, backend: str, expected: list[str], settings: Settings
) -> None:
    settings.ENVIRONMENT, settings.EMAIL_BACKEND = environment, backend
    assert check_ids() == expected


def test_the_check_says_what_to_set(settings: Settings) -> None:
    settings.ENVIRONMENT, settings.EMAIL_BACKEND = "production", LOG_BACKEND
    (message,) = [message for message in checks.run_checks() if message.id == "config.E001"]
    assert "EMAIL_URL" in str(message.hint)
