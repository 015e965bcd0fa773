"""The app that puts a process together: templates, static files, and the broker that actors are declared on."""

from django.apps import AppConfig
from django.core import checks


class SiteConfig(AppConfig):
    """Declares the broker before any other app's modules are imported, since actors attach to it at import."""

    name = "config"

    def import_models(self) -> None:
        """Set Dramatiq's broker; this app comes first in INSTALLED_APPS and has no models of its own."""
        super().import_models()
        from config.broker import declare  # noqa: PLC0415 - settings must be ready

        declare()

    def ready(self) -> None:
        """Register what is checked before a process starts."""
        from config.checks import check_mail  # noqa: PLC0415 - see above

        checks.register(check_mail)
