"""`manage.py reconcile`: find what differs between people's doings and the copies of them, and mend it."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from photos.jobs import reconciliation


class Command(BaseCommand):
    """Looks at every shard, says what it found, and mends it unless told not to."""

    help = "Find and mend wrong counts, favourites, notifications and storage accounts. --dry-run only finds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which shard, and how."""
        parser.add_argument("--dry-run", action="store_true", help="say what differs, change nothing")
        parser.add_argument("--shard", help="only this one")
        parser.add_argument("--lines", type=int, default=20, help="how many to print of each kind (20)")

    def handle(self, *args: Any, dry_run: bool, shard: str | None, lines: int, **options: Any) -> None:
        """Go through the shards and print a line for each difference, then how many of each kind."""
        if shard is not None and shard not in settings.SHARDS:
            raise CommandError(f"There is no {shard}. There are: {', '.join(settings.SHARDS)}.")
        verb = "would be mended" if dry_run else "mended"
        for alias in [shard] if shard else settings.SHARDS:
            found = reconciliation.reconcile(alias, is_dry=dry_run)
            self._print(alias, found, lines)
            kinds = Counter(drift.what for drift in found)
            summary = ", ".join(f"{count} of {what}" for what, count in sorted(kinds.items()))
            self.stdout.write(f"{alias}: {f'{summary} {verb}' if found else 'nothing differs'}")

    def _print(self, alias: str, found: list[reconciliation.Drift], lines: int) -> None:
        printed: Counter[str] = Counter()
        for drift in found:
            printed[drift.what] += 1
            if printed[drift.what] <= lines:
                self.stdout.write(f"{alias}: {drift.what}: {drift.sentence}")
