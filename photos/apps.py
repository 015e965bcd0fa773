"""The product: photos and what people do with them."""

from importlib import import_module

from django.apps import AppConfig

# These register actors, handlers of outbox events, periodic tasks, and what `manage.py shards` counts.
REGISTERING = ("tasks", "outbox_handlers", "schedule", "shard_counts")


class PhotosConfig(AppConfig):
    """Every model of this app lives on the shard of its owner."""

    name = "photos"

    def ready(self) -> None:
        """Load the modules that register jobs; by now the broker is declared, which actors attach to."""
        for name in REGISTERING:
            import_module(f"photos.jobs.{name}")
