"""The product: photos and what people do with them."""

from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """Every model here lives on the shard of its owner."""

    name = "photos"

    def ready(self) -> None:
        """Register what happens after a commit."""
        from photos import census, events  # noqa: F401, PLC0415 - importing registers counters and outbox handlers
