"""Django's database router: finds the shard by hints, then asks `causal` which of its servers answers.

Directory models go to the directory, sharded models to the shard that their manager, instance or id names. Writes go to
the primary, reads to the server that `causal` allows."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from sharding.consistency import causal
from sharding.rows import buckets, placement
from sharding.rows.placement import Sharded, Unrouted


class ShardRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        if placement.is_sharded(model):
            causal.ensure_map()
            return causal.alias_for_read(shard_for(model, hints))
        is_critical = model._meta.app_label in causal.critical_apps()
        return causal.alias_for_read(placement.DIRECTORY, is_critical=is_critical)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        if not placement.is_sharded(model):
            return causal.alias_for_write(placement.DIRECTORY)
        causal.ensure_map()
        return causal.alias_for_write(shard_for(model, hints))

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Within the directory, or within one bucket: buckets move, and a foreign key cannot follow."""
        if isinstance(one, Sharded) and isinstance(other, Sharded):
            return len({one.find_bucket(), other.find_bucket()} - {None}) < 2
        # `__class__`, not type(): request.user is a lazy object that only says what it stands for.
        return placement.is_sharded(one.__class__) == placement.is_sharded(other.__class__)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Each model only where it lives; RunSQL and RunPython say `hints={"sharded": True}` for shards."""
        if db not in placement.primaries():
            return False
        return _is_for_shards(app_label, model_name, hints) == (db != placement.DIRECTORY)


def shard_for(model: type[Model], hints: Mapping[str, Any]) -> str:
    """The shard of a query on a sharded model, from the hints of its manager.

    Hints: `bucket` (int), `shard` (alias), or Django's own `instance` (a sharded object that is related,
    or the object itself). Raises Unrouted without any of them."""
    if (bucket := hints.get("bucket")) is not None:
        return buckets.shard_of(bucket)
    if shard := hints.get("shard"):
        return str(shard)
    instance = hints.get("instance")
    if isinstance(instance, Sharded) and (bucket := instance.find_bucket()) is not None:
        return buckets.shard_of(bucket)
    name = model._meta.label
    raise Unrouted(
        f"{name} is sharded: say whose rows are meant with {name}.objects.of(owner_id), .locate(id), "
        f".in_bucket(bucket) or .on(shard)."
    )


def _is_for_shards(app_label: str, model_name: str | None, hints: dict[str, Any]) -> bool:
    if model_name is not None:
        is_sharded = placement.find_is_sharded(app_label, model_name)
        if is_sharded is not None:
            return is_sharded
    model = hints.get("model")
    if model is not None and placement.is_sharded(model):
        return True
    return bool(hints.get("sharded", False))
