"""The product: photos and what people do with them."""

from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """Every model here lives on the shard of its owner."""

    name = "photos"

    def ready(self) -> None:
        """Register what happens after a commit."""
        from photos.jobs import outbox_handlers, shard_counts  # noqa: F401, PLC0415 - importing registers counters and outbox handlers
