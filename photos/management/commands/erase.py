"""`manage.py erase USER`: erase an account with everything of it, or only say what that would be."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import erasures
from accounts.models import Erasure, User
from photos.jobs import erasure as erasing

WAIT_SECONDS = 2


class Command(BaseCommand):
    """Asks for the erasure, takes part in it, and waits until it is finished. Run again, it goes on."""

    help = "Erase an account: photos, likes, comments, everything. --dry-run only counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options: the user to erase, and how."""
        parser.add_argument("user", help="username, or the number of an account whose name is gone already")
        parser.add_argument("--dry-run", action="store_true", help="count what there is, change nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--wait", type=float, default=120, help="seconds to wait for the files (120)")

    def handle(self, *args: Any, user: str, dry_run: bool, yes: bool, wait: float, **options: Any) -> None:
        """Count; ask; erase; print the receipt."""
        user_id = found(user)
        self._list(erasing.survey(user_id))
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        if not yes and input(f"Erase {user} for good? Type the name again: ") != user:
            raise CommandError("Nothing was changed.")
        try:
            erasure = erasures.request(user_id)
        except erasures.IsStaff as error:
            raise CommandError(f"{user} belongs to the staff. Take those rights away first.") from error
        self._wait_for(erasure, wait)

    def _wait_for(self, erasure: Erasure, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not erasing.run(erasure.pk, seconds=seconds):
            left = {what: count for what, count in erasing.survey(erasure.user_id).items() if count}
            if time.monotonic() > until:
                self._list(left)
                raise CommandError("Not finished yet. The workers go on; run this again to see.")
            time.sleep(WAIT_SECONDS)
        erasure.refresh_from_db()
        self.stdout.write(
            f"Erased. Receipt {erasure.reference}, finished {erasure.finished_at:%Y-%m-%d %H:%M:%S}."
        )

    def _list(self, counts: dict[str, int]) -> None:
        for what, count in counts.items():
            self.stdout.write(f"{count:>8} {what}")


def found(user: str) -> int:
    """Return the id of an account by its name or number, also of one that is being erased. Raises CommandError."""
    name = user.lower().removeprefix("@")
    person = User.objects.filter(username=name).first()
    if person is not None:
        return int(person.pk)
    if user.isdecimal() and (
        Erasure.objects.filter(user_id=int(user)).exists() or User.objects.filter(pk=int(user)).exists()
    ):
        return int(user)
    raise CommandError(f"There is no {user}.")
