from importlib import import_module

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class ShardingConfig(AppConfig):
    name = "sharding"
    label = "sharding"
    verbose_name = "Data tier"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sharding import checks, migrating  # noqa: PLC0415 - these need the models
        from sharding.connections import disconnecting  # noqa: PLC0415 - these need the models
        from sharding.consistency import writes  # noqa: PLC0415 - these need the models

        for name in ("consistency.outbox", "moving.move_runner"):
            import_module(f"sharding.{name}")  # these register periodic tasks

        connection_created.connect(writes.watch_connection, dispatch_uid="sharding.writes")
        connection_created.connect(disconnecting.register_connection, dispatch_uid="sharding.disconnecting")
        post_migrate.connect(migrating.assign_buckets, sender=self, dispatch_uid="sharding.buckets")
        register(checks.check_configuration, "sharding")
        register(checks.check_bucket_map, Tags.database)
