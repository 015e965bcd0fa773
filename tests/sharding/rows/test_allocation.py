"""Ids made by the shards."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from sharding.rows import allocation, buckets, ids

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("bucket", [0, 1, 8191])
def test_the_shards_function_packs_as_python_does(bucket: int) -> None:
    number = allocation.new_ids(bucket)[0]
    assert ids.bucket_of(number) == bucket
    assert abs(ids.time_of(number) - timezone.now()) < timedelta(seconds=5)
    ms = (ids.time_of(number) - ids.EPOCH) // timedelta(milliseconds=1)
    assert ids.pack(ms, bucket, number & ids.MAX_SEQUENCE) == number


def test_many_ids_are_different_and_of_their_bucket() -> None:
    made = allocation.new_ids(5, 10_000)
    assert len(set(made)) == 10_000
    assert {ids.bucket_of(number) for number in made} == {5}


def test_ids_come_in_the_order_of_the_buckets_they_were_asked_for() -> None:
    bucket_numbers = [4, 2, 6, 2]
    assert [
        ids.bucket_of(number) for number in allocation.new_ids_on("shard0", bucket_numbers)
    ] == bucket_numbers


def test_no_ids_need_no_query() -> None:
    assert allocation.new_ids_on("nowhere", []) == []


def test_an_id_comes_from_the_shard_that_has_the_bucket() -> None:
    for bucket in (0, 1):
        with connections[buckets.shard_of(bucket)].cursor() as cursor:
            cursor.execute("SELECT last_value FROM tessera_id_sequence")
            before = cursor.fetchone()[0]
            allocation.new_ids(bucket, 3)
            cursor.execute("SELECT last_value FROM tessera_id_sequence")
            assert cursor.fetchone()[0] >= before + 2


@pytest.mark.parametrize("bucket", [-1, 8192])
def test_the_shard_makes_no_id_for_a_bucket_that_does_not_exist(bucket: int) -> None:
    assert allocation.new_ids_on("shard0", [bucket]) == [None]


def test_the_directory_makes_no_ids() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = 'tessera_next_id'")
        assert cursor.fetchone() == (0,)
