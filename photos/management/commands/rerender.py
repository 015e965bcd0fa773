"""`manage.py rerender`: how many photos an older recipe has made, and making them anew now."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from photos.imaging.renditions import newest_recipe
from photos.jobs import rerendering
from photos.jobs.rerendering import Progress

POLL_SECONDS = 2
SAY_SECONDS = 10


class Command(BaseCommand):
    """Counts the photos of each shard; with --run sends them to the workers and says how far they are."""

    help = "Make photos of older recipes anew. The scheduler does it by itself; --run does it without one and waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what to do, where, and with which photos."""
        action = parser.add_mutually_exclusive_group(required=True)
        action.add_argument("--plan", action="store_true", help="count, change nothing")
        action.add_argument("--run", action="store_true", help="send them to the workers and wait")
        parser.add_argument("--shard", help="only this one")
        parser.add_argument("--failed", action="store_true", help="with --run: also those that failed")

    def handle(self, *args: Any, run: bool, shard: str | None, failed: bool, **options: Any) -> None:
        """Print a line for each shard; feed the queue until nothing waits."""
        if shard is not None and shard not in settings.SHARDS:
            raise CommandError(f"There is no {shard}. There are: {', '.join(settings.SHARDS)}.")
        shards = [shard] if shard else list(settings.SHARDS)
        if run and failed:
            for alias in shards:
                self.stdout.write(f"{alias}: {rerendering.retry_failed(alias)} that failed are tried again")
        for alias in shards:
            self._print_plan(alias, rerendering.progress(alias))
        if run:
            self._run(shards)

    def _print_plan(self, alias: str, count: Progress) -> None:
        failed = f", {count.failed} failed under a newer recipe and stay as they are" if count.failed else ""
        self.stdout.write(
            f"{alias}: {count.waiting} of {count.ready} photos wait for recipe {newest_recipe()}{failed}"
        )

    def _run(self, shards: list[str]) -> None:
        """Feed the workers and print a line every SAY_SECONDS, until nothing waits any more."""
        feeder, started = rerendering.Feeder(), time.monotonic()
        total = waiting = _waiting(shards)
        printed_at = started
        while waiting:
            for alias in shards:
                feeder.feed(alias, shards=len(shards))
            time.sleep(POLL_SECONDS)
            waiting = _waiting(shards)
            if time.monotonic() - printed_at >= SAY_SECONDS:
                printed_at = time.monotonic()
                self.stdout.write(line(total - waiting, total, printed_at - started))
        self.stdout.write(f"Nothing waits. {total} photos in {time.monotonic() - started:.0f} s.")


def _waiting(shards: list[str]) -> int:
    return sum(rerendering.progress(alias).waiting for alias in shards)


def line(done: int, total: int, seconds: float) -> str:
    """Return how far a run is, how fast it goes and how long it takes yet."""
    speed = done / seconds
    if speed <= 0:
        return f"{done} of {total}: no worker has finished one yet (manage.py jobs shows the queues)"
    return f"{done} of {total}, {speed:.1f} a second, {(total - done) / speed / 60:.0f} min left"
