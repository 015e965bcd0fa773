"""What `manage.py shards` counts beside buckets and bytes."""

from photos.models import Photo, StorageAccount
from sharding import causal, census


@census.counter("users")
def users(alias: str) -> int:
    """Return how many people have something on a shard."""
    with causal.pin():
        return StorageAccount.objects.on(alias).count()


@census.counter("photos")
def photos(alias: str) -> int:
    """Return how many photos a shard has."""
    with causal.pin():
        return Photo.objects.on(alias).count()
