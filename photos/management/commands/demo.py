"""`manage.py demo`: people and photographs for a site that is to be shown."""

import secrets
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from photos.demo import cast, filling
from photos.models import Photo

PHOTOS = 300
SECONDS_A_PHOTO = 20.0


class Command(BaseCommand):
    """Fills the site; goes on where it was stopped, and adds nothing when it is done."""

    help = "Fill the site with invented people and 300 drawn photographs, through the real pipeline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how many photographs."""
        parser.add_argument("--photos", type=int, default=PHOTOS, help=f"how many; {PHOTOS} by default")

    def handle(self, *args: Any, photos: int, **options: Any) -> None:
        """Fill it, wait for the workers, say how to sign in."""
        if settings.ENVIRONMENT == "production":
            raise CommandError("This is a production site: invented people have no place on it.")
        password = secrets.token_urlsafe(9)
        taken = self._fill(photos, password)
        self._await_workers(taken)
        self.stdout.write(
            f"{len(cast.MEMBERS)} people and {len(taken)} photographs are on {settings.SITE_URL}/explore/\n"
            f"Sign in as {cast.MEMBERS[0].username}, or as any of them, with the password {password}"
        )

    def _fill(self, count: int, password: str) -> list[Photo]:
        try:
            return filling.fill(count, password=password, say=self._say)
        except (filling.NotTaken, OSError) as error:
            raise CommandError(
                f"{error}\nIs the site running (make up)? Running this again goes on from here."
            ) from error

    def _await_workers(self, photos: list[Photo]) -> None:
        until = time.monotonic() + SECONDS_A_PHOTO * len(photos)
        while left := filling.count_unfinished(photos):
            self._say("waiting for the workers", len(photos) - left, len(photos))
            if time.monotonic() > until:
                raise CommandError(
                    f"{left} photographs still wait for a worker: manage.py jobs says what holds them up."
                )
            time.sleep(1)
        self._say("waiting for the workers", len(photos), len(photos))

    def _say(self, what: str, done: int, count: int) -> None:
        drawn = "█" * round(20 * done / max(count, 1))
        line = f"{what:<24}{drawn:░<20} {done} of {count}"
        if self.stdout.isatty():
            self.stdout.write(f"\r\x1b[2K{line}", ending="\n" if done == count else "")
        elif done % 25 == 0 or done == count:
            self.stdout.write(line)
        self.stdout.flush()
