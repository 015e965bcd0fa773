"""The Django app of config: templates, static files, and the broker on which actors are declared."""

from django.apps import AppConfig
from django.core import checks


class SiteConfig(AppConfig):
    """Declares the broker before the modules of any other app are imported: actors attach to it at import."""

    name = "config"

    def import_models(self) -> None:
        """Set Dramatiq's broker. This app comes first in INSTALLED_APPS and has no models."""
        super().import_models()
        from config.broker import declare  # noqa: PLC0415 - it reads the settings

        declare()

    def ready(self) -> None:
        """Register the system checks."""
        from config.checks import check_mail  # noqa: PLC0415 - see above

        checks.register(check_mail)
