"""System checks: each wrong configuration is reported, a right one is not."""

import pytest
from django.apps.registry import Apps
from django.conf import settings as project
from django.contrib.auth import get_user_model
from django.core import checks as django_checks
from django.db import models
from django.db.migrations.state import AppConfigStub
from pytest_django import Settings

from sharding import checks
from sharding.models import OwnedModel, ShardedModel
from sharding.rows.ids import bucket_of
from tests.sharding.tree_model import Leaf, Plant

# The broken models below have registries of their own: other tests must not find them.
shed = Apps([AppConfigStub("shed")])


def _ids() -> list[str]:
    return [str(message.id) for message in checks.check_configuration()]


def _ids_of(model: type[models.Model]) -> list[str]:
    return [str(message.id) for message in checks._check_model(model)]


def test_the_project_is_configured_right() -> None:
    assert _ids() == []


def test_the_checks_run_with_every_command() -> None:
    registered: list[object] = list(django_checks.registry.registry.get_checks())
    assert checks.check_configuration in registered


def test_no_shards(settings: Settings) -> None:
    settings.SHARDS = []
    assert "sharding.E001" in _ids()


@pytest.mark.parametrize("alias", ["nowhere", "default"])
def test_a_shard_that_is_no_database_of_its_own(settings: Settings, alias: str) -> None:
    settings.SHARDS = ["shard0", "shard1", alias]
    assert _ids() == ["sharding.E002"]


def test_replicas_of_an_unknown_primary(settings: Settings) -> None:
    settings.REPLICAS = {"shard7": []}
    assert _ids() == ["sharding.E003"]


@pytest.mark.parametrize("alias", ["nowhere", "shard1"])
def test_a_replica_that_is_no_database_of_its_own(settings: Settings, alias: str) -> None:
    settings.REPLICAS = {"shard0": [alias]}
    assert _ids() == ["sharding.E004"]


def test_atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(project.DATABASES["shard0"], "ATOMIC_REQUESTS", True)
    assert _ids() == ["sharding.E005"]


@pytest.mark.parametrize("routers", [[], ["sharding.rows.placement.Sharded", checks.ROUTER]])
def test_a_router_that_does_not_route(settings: Settings, routers: list[str]) -> None:
    settings.DATABASE_ROUTERS = routers
    assert _ids() == ["sharding.E006"]


def test_a_middleware_that_is_missing_or_not_the_last(settings: Settings) -> None:
    settings.MIDDLEWARE = []
    assert _ids() == ["sharding.W001"]
    settings.MIDDLEWARE = [checks.MIDDLEWARE, "django.middleware.common.CommonMiddleware"]
    assert _ids() == ["sharding.W002"]


def test_every_message_has_a_hint(settings: Settings) -> None:
    settings.SHARDS, settings.MIDDLEWARE, settings.DATABASE_ROUTERS = [], [], []
    assert all(message.hint for message in checks.check_configuration())


def test_good_models() -> None:
    assert _ids_of(Plant) == _ids_of(Leaf) == []


def test_a_foreign_key_to_the_directory() -> None:
    class Fence(OwnedModel):
        builder = models.ForeignKey(get_user_model(), on_delete=models.CASCADE, related_name="+")

        class Meta(OwnedModel.Meta):
            app_label = "shed"
            apps = shed

    assert _ids_of(Fence) == ["sharding.E007"]


def test_a_foreign_key_from_the_directory() -> None:
    class Label(models.Model):
        plant = models.ForeignKey(Plant, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "shed"
            apps = shed

        def __str__(self) -> str:
            return "label"

    assert _ids_of(Label) == ["sharding.E007"]


def test_an_automatic_many_to_many_table() -> None:
    class Bed(OwnedModel):
        plants = models.ManyToManyField(Plant, related_name="+")

        class Meta(OwnedModel.Meta):
            app_label = "shed"
            apps = shed

    assert _ids_of(Bed) == []
    assert _ids_of(Bed.plants.through) == ["sharding.E008"]


def test_a_manager_that_guesses() -> None:
    class Pot(OwnedModel):
        objects = models.Manager()  # type: ignore[assignment]  # the mistake

        class Meta(OwnedModel.Meta):
            app_label = "shed"
            apps = shed

    assert _ids_of(Pot) == ["sharding.E009"]


def test_a_row_that_does_not_say_where_it_belongs() -> None:
    class Stone(ShardedModel):
        class Meta(ShardedModel.Meta):
            app_label = "shed"
            apps = shed

    class Pebble(Stone):
        def shard_bucket(self) -> int:
            return bucket_of(self.pk)

        class Meta(ShardedModel.Meta):
            app_label = "shed"
            apps = shed

    assert _ids_of(Stone) == ["sharding.E010"]
    assert _ids_of(Pebble) == []
