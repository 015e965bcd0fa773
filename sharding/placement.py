"""Where things live: which alias is a primary, which of them a model or an object belongs to."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.signals import setting_changed
from django.db.models import Model

DIRECTORY = "default"


class Unrouted(RuntimeError):
    """A query on a sharded model that was not told its owner, bucket, id or shard."""


class WrongShard(RuntimeError):
    """An object, its id and a database do not agree on where it lives."""


class MixedShards(RuntimeError):
    """Objects of several shards were given to something that asks one database."""


def primaries() -> tuple[str, ...]:
    """The directory and every shard."""
    return (DIRECTORY, *settings.SHARDS)


@cache
def _primaries_by_replica() -> Mapping[str, str]:
    return {replica: primary for primary, replicas in settings.REPLICAS.items() for replica in replicas}


def primary_of(alias: str) -> str:
    """The primary behind a replica's alias; any other alias is its own primary."""
    return _primaries_by_replica().get(alias, alias)


def is_replica(alias: str) -> bool:
    return alias in _primaries_by_replica()


def is_sharded(model: type[Model]) -> bool:
    """Whether the rows of `model` live on the shards; everything else lives in the directory.

    Migrations' historical models and automatic many-to-many tables are looked up by name or owner."""
    from sharding.models import ShardedModel  # models need this module first

    if issubclass(model, ShardedModel):
        return True
    if model._meta.auto_created:
        return is_sharded(model._meta.auto_created)
    if model.__module__ == "__fake__":
        return bool(find_is_sharded(model._meta.app_label, model._meta.model_name or ""))
    return False


def find_is_sharded(app_label: str, model_name: str) -> bool | None:
    """The same for a name; None when no such model is left in the code.

    A sharded model that has been deleted stays named in its AppConfig's `retired_sharded_models`, so that
    the migration which drops its table still runs on the shards."""
    try:
        app = apps.get_app_config(app_label)
        return is_sharded(app.get_model(model_name))
    except LookupError:
        retired = getattr(apps.app_configs.get(app_label), "retired_sharded_models", ())
        return True if model_name.lower() in retired else None


def shard_for(model: type[Model], hints: Mapping[str, Any]) -> str:
    """The shard that a query on a sharded model is about, from the hints its manager was given.

    Hints: `bucket` (int), `shard` (alias), or Django's own `instance` (a sharded object that is related,
    or the object itself). Raises Unrouted without any of them."""
    from sharding import buckets

    if (bucket := hints.get("bucket")) is not None:
        return buckets.shard_of(bucket)
    if shard := hints.get("shard"):
        return str(shard)
    find_bucket = getattr(hints.get("instance"), "find_bucket", None)
    if find_bucket and (bucket := find_bucket()) is not None:
        return buckets.shard_of(bucket)
    name = model._meta.label
    raise Unrouted(
        f"{name} is sharded: say whose rows are meant with {name}.objects.of(owner_id), .locate(id), "
        f".in_bucket(bucket) or .on(shard)."
    )


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "REPLICAS":
        _primaries_by_replica.cache_clear()


setting_changed.connect(_forget, dispatch_uid="sharding.placement")
