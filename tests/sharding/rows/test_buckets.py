"""The bucket map: complete, even, cached, and usable while the directory is away."""

from collections import Counter

import pytest
from django.conf import settings
from django.db import OperationalError
from pytest_django import DjangoAssertNumQueries, Settings

from sharding.models import Bucket, BucketMapVersion
from sharding.rows import buckets
from sharding.rows.buckets import BucketMap, Unassigned

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    buckets.bucket_map.forget()


def test_every_bucket_has_a_shard_and_neighbours_spread_evenly() -> None:
    assert Counter(map(buckets.shard_of, range(8192))) == {"shard0": 4096, "shard1": 4096}
    assert buckets.shard_for_owner(7) != buckets.shard_for_owner(8)
    assert buckets.shard_for_owner(7) == buckets.shard_for_owner(7 + 8192)


@pytest.mark.parametrize("bucket", [-1, 8192])
def test_a_bucket_that_does_not_exist_has_no_shard(bucket: int) -> None:
    with pytest.raises(Unassigned):
        buckets.shard_of(bucket)


def test_assigning_again_changes_nothing() -> None:
    version = BucketMapVersion.objects.get().version
    assert buckets.ensure_assigned() == 0
    assert BucketMapVersion.objects.get().version == version


def test_a_new_shard_takes_free_buckets_only(settings: Settings) -> None:
    version = BucketMapVersion.objects.get().version
    Bucket.objects.filter(number__lt=4).delete()
    settings.SHARDS = ["shard0", "shard1", "shard2"]
    assert buckets.ensure_assigned() == 4
    assert Counter(Bucket.objects.values_list("shard", flat=True)) == {
        "shard0": 4096,
        "shard1": 4095,
        "shard2": 1,
    }
    assert BucketMapVersion.objects.get().version == version + 1


def test_a_shard_without_buckets_is_named(settings: Settings) -> None:
    assert buckets.find_empty_shards() == []
    settings.SHARDS = ["shard0", "shard1", "shard2"]
    assert buckets.find_empty_shards() == ["shard2"]


def test_the_map_is_asked_for_once_and_then_only_its_version(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bucket_map = BucketMap()
    with django_assert_num_queries(2):
        for bucket in range(10):
            bucket_map.shard_of(bucket)
    settings.BUCKET_MAP_TTL_SECONDS = -1
    with django_assert_num_queries(1):
        bucket_map.shard_of(0)


def test_a_change_is_seen_when_the_version_has_moved(settings: Settings) -> None:
    bucket_map = BucketMap()
    assert bucket_map.shard_of(0) == "shard0"
    Bucket.objects.filter(number=0).update(shard="shard1")
    settings.BUCKET_MAP_TTL_SECONDS = -1
    assert bucket_map.shard_of(0) == "shard0"
    BucketMapVersion.objects.update(version=99)
    assert bucket_map.shard_of(0) == "shard1"
    assert bucket_map.version == 99


def test_an_old_map_stays_in_force_while_the_directory_is_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket_map = BucketMap()
    bucket_map.shard_of(0)

    def away(alias: str) -> int:
        raise OperationalError("the directory is away")

    monkeypatch.setattr(buckets, "_read_version", away)
    settings.BUCKET_MAP_TTL_SECONDS = -1
    assert bucket_map.shard_of(0) == "shard0"
    with pytest.raises(OperationalError):
        BucketMap().shard_of(0)


def test_a_process_without_a_map_may_learn_it_from_a_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    aliases = []
    read = buckets._read_version

    def away(alias: str) -> int:
        aliases.append(alias)
        if alias == "default":
            raise OperationalError("the primary is away")
        return read(alias)

    monkeypatch.setattr(buckets, "_read_version", away)
    assert BucketMap().shard_of(0) == "shard0"
    assert aliases == ["default", "default_r1"]


def test_an_empty_map_is_not_remembered() -> None:
    rows = list(Bucket.objects.all())
    Bucket.objects.all().delete()
    bucket_map = BucketMap()
    with pytest.raises(Unassigned):
        bucket_map.shard_of(0)
    Bucket.objects.bulk_create(rows)
    assert bucket_map.shard_of(0) in settings.SHARDS


def test_the_version_is_that_of_the_rows_also_when_a_bucket_moves_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token with an older version would let its bearer read the shard that the bucket has left."""
    bucket_map, read_version = BucketMap(), buckets._read_version

    def read_before_a_switch(alias: str) -> int:
        version = read_version(alias)
        Bucket.objects.filter(number=0).update(shard="shard1")
        BucketMapVersion.objects.update(version=99)
        return version

    monkeypatch.setattr(buckets, "_read_version", read_before_a_switch)
    assert (bucket_map.shard_of(0), bucket_map.version) == ("shard1", 99)
