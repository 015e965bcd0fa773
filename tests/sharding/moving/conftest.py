"""Buckets that begin and end each test at home."""

from collections.abc import Iterator

import pytest
from django.conf import settings as project
from django.db import connections
from pytest_django import Settings

from sharding.models import Bucket
from sharding.moving import move_runner, moves
from sharding.rows import buckets, ownership
from tests.sharding.moving.moving import HERE, OTHER, change_unfenced


@pytest.fixture
def at_home(settings: Settings) -> Iterator[None]:
    """Begin and end with the buckets on shard0, and without replication objects."""
    settings.MOVE_CLEANUP_DELAY_SECONDS = 0
    settings.BUCKET_MAP_TTL_SECONDS = 0.05
    buckets.bucket_map.forget()
    yield
    for move in moves.active():
        move_runner.abort(move, print)
    for shard in project.SHARDS:
        change_unfenced(shard, "DELETE FROM sharding_outboxevent")
        with connections[shard].cursor() as cursor:
            cursor.execute("TRUNCATE tessera_bucket")
    Bucket.objects.filter(number__in=[HERE, OTHER]).update(shard="shard0", min_lsn=0)
    for shard in project.SHARDS:
        ownership.ensure(shard)
    buckets.bucket_map.forget()
