"""Running the site: the local topology, health, logs."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Commands and probes; no tables yet."""

    name = "ops"
