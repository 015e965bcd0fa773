"""What `manage.py shards` counts beside buckets and bytes."""

from photos.models import Photo, StorageAccount
from sharding.consistency import causal
from sharding.moving import cluster_stats


@cluster_stats.counter("users")
def users(alias: str) -> int:
    """Return how many people have photos or a storage account on a shard."""
    with causal.pin():
        return StorageAccount.objects.on(alias).count()


@cluster_stats.counter("photos")
def photos(alias: str) -> int:
    """Return how many photos a shard has."""
    with causal.pin():
        return Photo.objects.on(alias).count()
