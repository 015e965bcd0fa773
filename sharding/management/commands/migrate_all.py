from typing import Any

from django.core.management.base import BaseCommand

from sharding import migrating


class Command(BaseCommand):
    help = "Migrates the directory and every shard, and assigns buckets that no shard has."

    def handle(self, *args: Any, **options: Any) -> None:
        migrating.migrate_all(self.stdout.write)
