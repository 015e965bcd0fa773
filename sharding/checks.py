"""Django system checks of the data tier's configuration; each message has a hint how to mend it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.db import DatabaseError
from django.db.models import Model

from sharding.rows.ids import BUCKETS
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.placement import DIRECTORY, Sharded, is_sharded, primaries

ROUTER = "sharding.consistency.routers.ShardRouter"
MIDDLEWARE = "sharding.consistency.middleware.CausalMiddleware"


def check_configuration(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return [
        *_check_shards(),
        *_check_replicas(),
        *_check_databases(),
        *_check_installation(),
        *(message for model in models for message in _check_model(model)),
    ]


def check_bucket_map(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Check that every bucket has a configured shard. Runs with `check --database default` and before each migrate."""
    if DIRECTORY not in (databases or ()):
        return []
    try:
        assigned = set(
            apps.get_model("sharding", "Bucket").objects.using(DIRECTORY).values_list("number", "shard")
        )
    except DatabaseError:  # not migrated yet
        return []
    hint = "`manage.py migrate_all` assigns free buckets; name every shard that has some in SHARD_URLS."
    unconfigured = {shard for _, shard in assigned} - set(settings.SHARDS)
    return [
        *([checks.Error(f"{BUCKETS - len(assigned)} buckets have no shard.", hint=hint, id="sharding.E011")]
          if assigned and len(assigned) != BUCKETS else []),
        *(checks.Error(f"{shard!r} has buckets and is not configured.", hint=hint, id="sharding.E012")
          for shard in sorted(unconfigured)),
    ]  # fmt: skip


def _check_shards() -> Iterator[checks.CheckMessage]:
    if not settings.SHARDS:
        yield checks.Error(
            "SHARDS is empty.", hint="Name at least one shard in SHARD_URLS.", id="sharding.E001"
        )
    for alias in settings.SHARDS:
        if alias not in settings.DATABASES or alias == DIRECTORY:
            hint = "SHARDS holds aliases of DATABASES other than the directory's."
            yield checks.Error(
                f"Shard {alias!r} is not a database of its own.", hint=hint, id="sharding.E002"
            )


def _check_replicas() -> Iterator[checks.CheckMessage]:
    for primary, replicas in settings.REPLICAS.items():
        if primary not in primaries():
            hint = 'The keys of REPLICAS are "default" and the aliases in SHARDS.'
            yield checks.Error(
                f"REPLICAS names replicas of {primary!r}, which is no primary.", hint=hint, id="sharding.E003"
            )
        for replica in replicas:
            if replica not in settings.DATABASES or replica in primaries():
                hint = "Each replica needs an alias of its own in DATABASES."
                yield checks.Error(
                    f"Replica {replica!r} is not a database of its own.", hint=hint, id="sharding.E004"
                )


def _check_databases() -> Iterator[checks.CheckMessage]:
    for alias, database in settings.DATABASES.items():
        if database.get("ATOMIC_REQUESTS"):
            hint = "It would open every database for every request; use shard_atomic() where it is needed."
            yield checks.Error(f"ATOMIC_REQUESTS is on for {alias!r}.", hint=hint, id="sharding.E005")


def _check_installation() -> Iterator[checks.CheckMessage]:
    if list(settings.DATABASE_ROUTERS[:1]) != [ROUTER]:
        hint = f"Put {ROUTER!r} first in DATABASE_ROUTERS."
        yield checks.Error("The shard router does not route.", hint=hint, id="sharding.E006")
    if MIDDLEWARE not in settings.MIDDLEWARE:
        hint = f"Put {MIDDLEWARE!r} last in MIDDLEWARE."
        yield checks.Warning("No request reads from replicas.", hint=hint, id="sharding.W001")
    elif settings.MIDDLEWARE[-1] != MIDDLEWARE:
        hint = "What runs inside of it may read from a replica that fails, and is not run again."
        yield checks.Warning("CausalMiddleware is not the last middleware.", hint=hint, id="sharding.W002")


def _check_model(model: type[Model]) -> Iterator[checks.CheckMessage]:
    if is_sharded(model):
        yield from _check_sharded_model(model)
    for field in model._meta.get_fields():
        other = field.related_model if field.concrete and field.is_relation else None
        if isinstance(other, type) and is_sharded(model) != is_sharded(other):
            hint = "No foreign key reaches across databases: keep the id in a BigIntegerField."
            yield checks.Error(
                f"{model._meta.label}.{field.name} refers to {other._meta.label} in another database.",
                hint=hint, obj=model, id="sharding.E007",
            )  # fmt: skip


def _check_sharded_model(model: type[Model]) -> Iterator[checks.CheckMessage]:
    if model._meta.auto_created:
        yield checks.Error(
            f"{model._meta.label} is an automatic many-to-many table: its ids would repeat on every shard.",
            hint="Give the relation a `through` model that is a ShardedModel.", obj=model, id="sharding.E008",
        )  # fmt: skip
        return
    for manager in {model._default_manager, model._base_manager}:
        if not isinstance(manager.get_queryset(), ShardedQuerySet):
            yield checks.Error(
                f"{model._meta.label}.{manager.name} is not a ShardedManager.",
                hint="Use ShardedManager.from_queryset(…) with a ShardedQuerySet.", obj=model, id="sharding.E009",
            )  # fmt: skip
    if getattr(model, "shard_bucket", None) is Sharded.shard_bucket:
        yield checks.Error(
            f"{model._meta.label} does not say which bucket a row belongs to.",
            hint="Define shard_bucket(), or derive from OwnedModel.", obj=model, id="sharding.E010",
        )  # fmt: skip
