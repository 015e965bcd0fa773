"""The one place that decides which database answers.

Directory models go to the directory, sharded models to the shard their manager, instance or id names. Writes
go to the primary; reads to whichever server of that database is allowed to answer (see `causal`)."""

from typing import Any

from django.db.models import Model

from sharding import causal, placement


class ShardRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        if placement.is_sharded(model):
            return causal.alias_for_read(placement.shard_for(model, hints))
        is_critical = model._meta.app_label in causal.critical_apps()
        return causal.alias_for_read(placement.DIRECTORY, is_critical=is_critical)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        sharded = placement.is_sharded(model)
        return causal.alias_for_write(placement.shard_for(model, hints) if sharded else placement.DIRECTORY)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Within the directory, or within one bucket: buckets move, and a foreign key cannot follow."""
        if not placement.is_sharded(type(one)) or not placement.is_sharded(type(other)):
            return placement.is_sharded(type(one)) == placement.is_sharded(type(other))
        buckets = {found for found in (_bucket(one), _bucket(other)) if found is not None}
        return len(buckets) < 2

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Each model only where it lives; RunSQL and RunPython say `hints={"sharded": True}` for shards."""
        if db not in placement.primaries():
            return False
        return _is_for_shards(app_label, model_name, hints) == (db != placement.DIRECTORY)


def _bucket(row: Model) -> int | None:
    bucket: int | None = row.find_bucket()  # type: ignore[attr-defined]  # a ShardedModel
    return bucket


def _is_for_shards(app_label: str, model_name: str | None, hints: dict[str, Any]) -> bool:
    if model_name is not None:
        found = placement.find_is_sharded(app_label, model_name)
        if found is not None:
            return found
    model = hints.get("model")
    if model is not None and placement.is_sharded(model):
        return True
    return bool(hints.get("sharded", False))
