from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sharding import migrating
from sharding.rows.placement import primaries


class Command(BaseCommand):
    help = "Migrates the directory and every shard, and assigns buckets that no shard has."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--check", action="store_true", help="change nothing; exit 1 when a database lacks a migration"
        )
        how.add_argument(
            "--plan", action="store_true", help="change nothing; say what would be applied where"
        )

    def handle(self, *args: Any, check: bool = False, plan: bool = False, **options: Any) -> None:
        if check or plan:
            self._show(is_check=check)
            return
        try:
            migrating.migrate_all(self.stdout.write)
        except migrating.SchemasDiffer as error:
            raise CommandError(str(error)) from error

    def _show(self, *, is_check: bool) -> None:
        behind = []
        for alias in primaries():
            lacking = migrating.unapplied(alias)
            self.stdout.write(f"{alias}: {', '.join(lacking) or 'nothing to do'}")
            if lacking:
                behind.append(alias)
        if is_check and behind:
            raise CommandError(f"Not migrated: {', '.join(behind)}. Run `manage.py migrate_all`.")
