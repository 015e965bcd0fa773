"""Fixtures for every tier. The cast: alice, bob who follows alice, carol without followers."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Follow, User
from ops import translations
from tests.cast import make_user
from tests.chromium import chromium, driver, only_browser
from tests.databases import django_db_setup
from tests.objects import cdn, s3, s3_server

__all__ = ["cdn", "chromium", "django_db_setup", "driver", "only_browser", "s3", "s3_server"]


def pytest_configure() -> None:
    """What the fast tier does differently, said once.

    Replica aliases are mirrors of their primary and cannot see a test's open transaction, so reads stay on primaries
    unless a test asks for `lagging_replicas`; threads cannot see it either, so a scatter runs in turn.
    """
    translations.compile_all()
    settings.READ_FROM_REPLICAS = False
    settings.WATCH_PRIMARIES = False
    settings.SCATTER_SEQUENTIALLY = True
    settings.BUCKET_MAP_TTL_SECONDS = 3600
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.STATIC_URL = "/static/"
    for cache in settings.CACHES.values():
        # Ours answer slowly at times, since the machine is busy with the tests; they are not away.
        cache["OPTIONS"]["CONNECTION_POOL_KWARGS"] |= {"socket_timeout": 10, "socket_connect_timeout": 10}
        cache["KEY_PREFIX"] = f"tessera-{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}"


@pytest.fixture(autouse=True)
def _empty_valkey(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each database test starts without cached objects, tokens or sessions, and with a token store that is there."""
    from sharding.consistency.token_store import store  # noqa: PLC0415 - the app registry must be ready

    store._away_until = 0.0  # a test in which it was away must not keep the next ones from it
    yield
    is_marked = request.node.get_closest_marker("django_db") is not None
    if is_marked or {"db", "transactional_db"} & set(request.fixturenames):
        from django.core.cache import caches  # noqa: PLC0415 - see above

        for alias in settings.CACHES:
            cache: Any = caches[alias]
            # See above.
            cache.client.get_client(write=True).connection_pool.connection_kwargs["retry"]._note_back()
            cache.delete_pattern("*")


@pytest.fixture
def alice(db: None) -> User:
    """Return a user with photos."""
    return make_user("alice", name="Alice Liddell")


@pytest.fixture
def bob(alice: User) -> User:
    """Return a user who follows alice."""
    user = make_user("bob")
    Follow.objects.create(follower=user, followee=alice)
    return user


@pytest.fixture
def carol(db: None) -> User:
    """Return a user without followers."""
    return make_user("carol")
