"""Sharded models for these tests: `Plant`, which an owner has, and `Leaf`, which belongs to a plant.

They are in an app registry of their own, so that Django misses no migrations for them."""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps.registry import Apps
from django.db import connections, models
from django.db.migrations.state import AppConfigStub
from django.test.utils import CaptureQueriesContext

from sharding.models import OwnedModel, ShardedModel
from sharding.rows.ids import bucket_of
from sharding.rows.managers import ShardedManager, ShardedQuerySet

tree_apps = Apps([AppConfigStub("trees")])


class PlantQuerySet(ShardedQuerySet["Plant"]):
    def tall(self) -> "PlantQuerySet":
        return self.filter(height_cm__gte=100)


PlantManager = ShardedManager.from_queryset(PlantQuerySet)


class Plant(OwnedModel):
    name = models.CharField(max_length=40)
    height_cm = models.PositiveIntegerField(default=0)

    objects: ClassVar[PlantManager["Plant"]] = PlantManager()
    if TYPE_CHECKING:  # the stubs know relations only of registered apps
        leaves: Any

    class Meta(OwnedModel.Meta):
        app_label = "trees"
        apps = tree_apps

    def __str__(self) -> str:
        return self.name


class Leaf(ShardedModel):
    plant = models.ForeignKey(Plant, on_delete=models.CASCADE, related_name="leaves")
    plant_id: int

    objects: ClassVar[ShardedManager["Leaf"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        app_label = "trees"
        apps = tree_apps

    def __str__(self) -> str:
        return f"leaf of {self.plant_id}"

    def shard_bucket(self) -> int:
        return bucket_of(self.plant_id)


def verbs(queries: CaptureQueriesContext) -> list[str]:
    """The first two words of each statement, without statements that begin and end transactions."""
    words = (re.findall(r"\w+", query["sql"])[:2] for query in queries)
    return [" ".join(two) for two in words if two[0] not in {"SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"}]


def create_tables(alias: str) -> None:
    """Create the models' tables on one shard."""
    with connections[alias].schema_editor() as editor:
        editor.create_model(Plant)
        editor.create_model(Leaf)
