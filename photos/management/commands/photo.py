"""`manage.py photo ID`: where a photo is and all that ever happened to it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from photos.files import relocation
from photos.models import Attempt, Photo, Rendition, StorageEntry
from sharding.consistency import causal
from sharding.rows import ids


class Command(BaseCommand):
    """Prints a photo's row, tries, files and quota entries, from its primary."""

    help = "Show a photo's whole life: state, shard, every try with its outcome, files, quota."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the id as it stands in addresses, or as a number."""
        parser.add_argument("id")

    def handle(self, *args: Any, id: str, **options: Any) -> None:  # noqa: A002 - the argument's name
        """Print it."""
        with causal.pin():
            photo = self._find(id)
            bucket = ids.bucket_of(photo.pk)
            self._row(photo, bucket)
            self.stdout.write("\ntries")
            for attempt in Attempt.objects.of_photo(photo.pk).order_by("number"):
                took = (
                    f"{(attempt.ended_at - attempt.started_at).total_seconds():.2f} s"
                    if attempt.ended_at
                    else "—"
                )
                self.stdout.write(
                    f"  {attempt.number:>3}  {attempt.started_at:%Y-%m-%d %H:%M:%S}  {attempt.stage:<6}"
                    f"{attempt.get_outcome_display():<34}{took:>9}  {attempt.pod}  {attempt.error}".rstrip()
                )
            self.stdout.write("\nfiles")
            for row in Rendition.objects.of_photo(photo.pk).order_by("stamp", "width"):
                shown = "" if row.stamp == photo.stamp else "  (not shown any more)"
                self.stdout.write(f"  {row.width:>5} by {row.height:<5}{row.bytes:>9}  {row.key}{shown}")
            self.stdout.write("\nquota")
            for entry in StorageEntry.objects.of(photo.owner_id).filter(photo_id=photo.pk).order_by("pk"):
                self.stdout.write(f"  {entry.made_at:%Y-%m-%d %H:%M:%S}  {entry.bytes:+d}")

    def _find(self, term: str) -> Photo:
        try:
            photo_id = int(term) if term.isdecimal() and len(term) > 12 else ids.decode(term)
            return Photo.objects.locate(photo_id).get()
        except (ids.InvalidId, Photo.DoesNotExist) as error:
            raise CommandError(f"There is no photo {term!r}.") from error

    def _row(self, photo: Photo, bucket: int) -> None:
        facts = {
            "photo": f"{photo.pid} ({photo.pk})",
            "owner": photo.owner_id,
            "bucket": f"{bucket} on {photo._state.db}",
            "state": f"{photo.state} since {photo.state_at:%Y-%m-%d %H:%M:%S}",
            "stage": photo.stage or "nothing yet",
            "failure": f"{photo.failure_code}: {photo.failure}" if photo.failure_code else "none",
            "original": f"{photo.original_key} ({photo.original_bytes} bytes, {photo.original_format or 'unread'})",
            "visibility": f"{photo.visibility}, files on {relocation.shown_shelf(photo)}",
            "edits": photo.edits or "none",
            "stamp": f"{photo.stamp or 'none'} (recipe {photo.recipe_version})",
        }
        for name, value in facts.items():
            self.stdout.write(f"{name:<12}{value}")
