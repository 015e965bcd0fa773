"""Running the site: the local topology, health, logs."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Commands, probes, dead letters."""

    name = "ops"
