"""`manage.py jobs`: lists queues and dead letters; shows, retries or discards dead letters."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from ops import deadletters, queues
from ops.models import DeadLetter


class Command(BaseCommand):
    """Lists queues and dead letters; shows, retries, discards."""

    help = "List queues and dead letters (jobs that failed for good); show, retry or discard dead letters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `list`, `show ID`, `retry` and `discard` with a choice of letters."""
        actions = parser.add_subparsers(dest="action", metavar="list|show|retry|discard")
        actions.add_parser("list", help="queues, and dead letters by actor and error")
        actions.add_parser("show", help="show one dead letter, with its traceback").add_argument(
            "id", type=int
        )
        for name in ("retry", "discard"):
            action = actions.add_parser(name, help=f"{name} dead letters")
            chosen = action.add_mutually_exclusive_group(required=True)
            chosen.add_argument("--id", type=int, help="one, by its number")
            chosen.add_argument("--error", help="all of an error class, such as StorageUnavailable")
            chosen.add_argument("--actor", help="all of an actor, such as complete")
            chosen.add_argument("--all", action="store_true")

    def handle(self, *args: Any, action: str | None, **options: Any) -> None:
        """Run one action; `list` by default."""
        match action:
            case "show":
                self._show(options["id"])
            case "retry":
                self.stdout.write(f"{deadletters.send_again(chosen(options))} sent again.")
            case "discard":
                self.stdout.write(f"{deadletters.discard(chosen(options))} discarded.")
            case _:
                self._list()

    def _list(self) -> None:
        self.stdout.write(f"{'queue':<14}{'ready':>8}{'running':>9}{'delayed':>9}{'oldest':>10}")
        for depth in queues.depths():
            self.stdout.write(
                f"{depth.queue:<14}{depth.ready:>8}{depth.in_progress:>9}{depth.delayed:>9}"
                f"{depth.oldest_seconds:>8.0f} s"
            )
        kinds = deadletters.by_class()
        self.stdout.write("" if kinds else "\nNo dead letters.")
        for kind in kinds:
            self.stdout.write(
                f"{kind['count']:>6} of {kind['actor']}: {kind['error_class']}"
                f"  ({kind['first']:%Y-%m-%d %H:%M} to {kind['last']:%Y-%m-%d %H:%M})"
            )
        for letter in DeadLetter.objects.order_by("-pk")[:10] if kinds else ():
            arguments = json.dumps(letter.args)[:60]
            self.stdout.write(
                f"  {letter.pk:>6}  {letter.actor}{arguments}  {letter.attempts} tries  {letter.reason[:80]}"
            )

    def _show(self, number: int) -> None:
        letter = chosen({"id": number}).get()
        for name in (
            "actor",
            "queue",
            "args",
            "attempts",
            "request_id",
            "pod",
            "sent_at",
            "died_at",
            "reason",
        ):
            self.stdout.write(f"{name:<12}{getattr(letter, name)}")
        self.stdout.write(letter.traceback)


def chosen(options: dict[str, Any]) -> QuerySet[DeadLetter]:
    """Return the letters that the options name. Raises CommandError when there is none."""
    letters = DeadLetter.objects.all()
    if options.get("id") is not None:
        letters = letters.filter(pk=options["id"])
    if options.get("error"):
        letters = letters.filter(error_class=options["error"])
    if options.get("actor"):
        letters = letters.filter(actor=options["actor"])
    if not letters.exists():
        raise CommandError("There is no such dead letter. `manage.py jobs` lists them.")
    return letters
