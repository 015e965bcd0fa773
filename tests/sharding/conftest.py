"""Two shards with the tables of `tree_model` on each, and an owner on each shard."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker, Settings

from sharding.gather import scatter
from sharding.rows import buckets
from tests.sharding import tree_model as models
from tests.sharding.lag import lagging_replicas

__all__ = ["lagging_replicas"]


@pytest.fixture(scope="session")
def tree_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The tables of `tree_model` on every shard; committed, so that replicas have them too."""
    with django_db_blocker.unblock():
        for alias in settings.SHARDS:
            models.create_tables(alias)


def _owner_on(shard: str) -> int:
    return next(owner for owner in range(1, 10_000) if buckets.shard_for_owner(owner) == shard)


@pytest.fixture
def in_threads(settings: Settings) -> Iterator[None]:
    """Scatter in threads, as in production; the test's rows must be committed for them to be seen."""
    settings.SCATTER_SEQUENTIALLY = False
    yield
    scatter.close()


@pytest.fixture
def ann(db: None) -> int:
    """An owner on shard0."""
    return _owner_on("shard0")


@pytest.fixture
def ben(db: None) -> int:
    """An owner on shard1."""
    return _owner_on("shard1")
