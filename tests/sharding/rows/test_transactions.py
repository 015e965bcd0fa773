"""`shard_atomic`: which database it opens, what it undoes, what it pins."""

import contextlib

import pytest
from django.db import connections
from pytest_django import DjangoCaptureOnCommitCallbacks

from sharding.rows import pinning, transactions
from sharding.rows.placement import Unrouted
from sharding.rows.transactions import shard_atomic
from tests.sharding.tree_model import Plant

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("tree_tables")]


class Stop(Exception):
    pass


def test_a_shards_transaction_is_undone_as_a_whole(ben: int) -> None:
    with contextlib.suppress(Stop), shard_atomic(owner_id=ben):
        Plant.objects.create(owner_id=ben, name="fern")
        raise Stop
    assert not Plant.objects.of(ben).exists()


def test_owner_bucket_and_alias_name_the_same_database(ben: int) -> None:
    for keywords in ({"owner_id": ben}, {"bucket": ben % 8192}, {"alias": "shard1"}):
        with shard_atomic(**keywords):
            assert transactions.is_open("shard1")
            assert not transactions.is_open("shard0")
        assert not transactions.is_open("shard1")


def test_the_directory_has_transactions_too() -> None:
    with shard_atomic(alias="default"):
        assert transactions.is_open("default")


@pytest.mark.parametrize(
    "keywords", [{}, {"owner_id": 1, "bucket": 1}, {"alias": "shard0_r1"}, {"alias": "nowhere"}]
)
def test_a_transaction_without_one_database_is_refused(keywords: dict[str, object]) -> None:
    with pytest.raises(Unrouted):
        shard_atomic(**keywords)  # type: ignore[arg-type] # wrong on purpose
    with pytest.raises(Unrouted):
        transactions.on_commit(list, **keywords)  # type: ignore[arg-type] # wrong on purpose


def test_a_test_cases_own_transaction_does_not_count() -> None:
    assert connections["shard0"].in_atomic_block
    assert not transactions.is_open("shard0")


def test_on_commit_waits_for_the_shard(
    ben: int, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    calls: list[str] = []
    with contextlib.suppress(Stop), shard_atomic(owner_id=ben):
        transactions.on_commit(lambda: calls.append("never"), owner_id=ben)
        raise Stop
    with django_capture_on_commit_callbacks(using="shard1", execute=True), shard_atomic(owner_id=ben):
        transactions.on_commit(lambda: calls.append("after"), owner_id=ben)
        assert calls == []
    assert calls == ["after"]


def test_a_transaction_on_one_shard_reads_every_primary(ben: int) -> None:
    """A write also depends on rows of other databases: their replicas must not answer."""
    assert not pinning.is_pinned("default")
    with shard_atomic(owner_id=ben):
        with shard_atomic(alias="shard0"):
            assert pinning.is_pinned("default")
        assert pinning.is_pinned("default")
    assert not pinning.is_pinned("default")
    with contextlib.suppress(Stop), shard_atomic(owner_id=ben):
        raise Stop
    assert not pinning.is_pinned("default")
