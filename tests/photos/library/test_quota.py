"""The storage quota: reserved and freed by a ledger whose entries add up to the account."""

import pytest
from pytest_django import Settings

from accounts.models import User
from photos.library import quota
from photos.models import StorageAccount, StorageEntry
from sharding.rows.transactions import shard_atomic
from tests.cast import shard_of

pytestmark = pytest.mark.django_db(databases="__all__")


def take(owner: User, photo_id: int, size: int) -> None:
    with shard_atomic(owner_id=owner.pk):
        quota.take(owner.pk, photo_id, size)


def give_back(owner: User, photo_id: int) -> int:
    with shard_atomic(owner_id=owner.pk):
        return quota.give_back(owner.pk, photo_id)


def test_a_new_owner_uses_no_bytes(alice: User) -> None:
    assert quota.used_bytes(alice.pk) == 0


def test_the_last_byte_can_be_taken_and_not_one_more(settings: Settings, alice: User) -> None:
    settings.QUOTA_BYTES = 100
    take(alice, 1, 60)
    take(alice, 2, 40)
    with pytest.raises(quota.Exceeded):
        take(alice, 3, 1)
    assert quota.used_bytes(alice.pk) == 100


def test_the_bytes_of_a_photo_are_freed_once(alice: User) -> None:
    take(alice, 1, 60)
    assert give_back(alice, 1) == 60
    assert give_back(alice, 1) == 0
    assert quota.used_bytes(alice.pk) == 0
    assert list(StorageEntry.objects.of(alice.pk).order_by("pk").values_list("bytes", flat=True)) == [60, -60]


def test_each_owner_has_a_quota_of_their_own(settings: Settings, alice: User, carol: User) -> None:
    settings.QUOTA_BYTES = 100
    take(alice, 1, 100)
    take(carol, 2, 100)
    assert quota.used_bytes(carol.pk) == 100


def test_an_account_that_differs_from_its_ledger_is_set_to_the_ledgers_sum(alice: User) -> None:
    take(alice, 1, 60)
    StorageAccount.objects.of(alice.pk).update(used_bytes=61)
    assert quota.drift(shard_of(alice)) == {alice.pk: 1}
    assert quota.reconcile(shard_of(alice)) == 1
    assert quota.used_bytes(alice.pk) == 60
    assert quota.drift(shard_of(alice)) == {}
