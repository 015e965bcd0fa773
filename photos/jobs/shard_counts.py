"""What `manage.py shards` counts beside buckets and bytes."""

from django.db.models import F

from accounts.models import User
from photos.models import Photo
from sharding.consistency import causal
from sharding.moving import cluster_stats
from sharding.rows.ids import BUCKETS
from sharding.rows.models import Bucket
from sharding.rows.placement import DIRECTORY


@cluster_stats.counter("users")
def users(alias: str) -> int:
    """Return how many accounts have their bucket on a shard, with or without photos."""
    buckets = Bucket.objects.using(DIRECTORY).filter(shard=alias)
    with causal.pin():
        homes = User.objects.annotate(bucket=F("pk") % BUCKETS)
        return homes.filter(bucket__in=buckets.values("number")).count()


@cluster_stats.counter("photos")
def photos(alias: str) -> int:
    """Return how many photos a shard has."""
    with causal.pin():
        return Photo.objects.on(alias).count()
