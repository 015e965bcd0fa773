"""The Django app of ops: commands, probes, dead letters."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Registers the management commands and the model of dead letters."""

    name = "ops"
