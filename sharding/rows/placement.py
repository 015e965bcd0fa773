"""Which aliases are primaries and replicas, which models are sharded, and the errors of routing."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.signals import setting_changed
from django.db.models import Model

from sharding.rows.ids import InvalidId, bucket_of

DIRECTORY = "default"


class Unrouted(RuntimeError):
    """A query on a sharded model names no owner, bucket, id or shard."""


class WrongShard(RuntimeError):
    """An object, its id and a database disagree on which shard it belongs to."""


class MixedShards(RuntimeError):
    """Objects of several shards were given to a call that asks one database."""


class Sharded:
    """Marks models whose rows are on shards; derive from `sharding.models.ShardedModel`.

    A plain base class, because migrations keep those: a historical model is known as sharded even after the model
    itself was deleted."""

    pk: Any

    def shard_bucket(self) -> int:
        """The bucket of this row by its owner or its parent's id. Raises InvalidId when neither is set."""
        raise NotImplementedError

    def find_bucket(self) -> int | None:
        """The bucket of this row by its id, or else by `shard_bucket`; None while neither is known."""
        if self.pk is not None:
            return bucket_of(self.pk)
        try:
            return self.shard_bucket()
        except InvalidId:
            return None


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
    """Whether the rows of `model` are on the shards; all other rows are in the directory."""
    owner: object = model._meta.auto_created  # of an automatic many-to-many table
    return issubclass(owner if isinstance(owner, type) else model, Sharded)


def find_is_sharded(app_label: str, model_name: str) -> bool | None:
    """Whether a model is sharded, by its name; None when the code has no such model any more."""
    try:
        return is_sharded(apps.get_model(app_label, model_name))
    except LookupError:
        return None


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "REPLICAS":
        _primaries_by_replica.cache_clear()


setting_changed.connect(_forget, dispatch_uid="sharding.placement")
