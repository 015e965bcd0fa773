"""Making photos anew by the newest recipe, in the time that workers have left.

A photo is shown by the files of its own recipe until then, so nothing is broken and nothing is in a hurry. Photos are
sent as fast as workers take them: the queues never hold more than PLACES messages because of this, and nothing is sent
while other work fills them.
"""

from dataclasses import dataclass

from django.db.models import Q

from photos.imaging.renditions import newest_recipe
from photos.jobs import queues, tasks
from photos.models import Photo, State
from photos.models.querysets import PhotoQuerySet

PLACES = 100  # fewer than queues.FULL, which stops other periodic work


@dataclass(frozen=True)
class Progress:
    """The photos of one shard: all that are ready, those still to be made anew, those that failed at it."""

    ready: int
    waiting: int
    failed: int


def old_photos(alias: str) -> PhotoQuerySet[Photo]:
    """Return the ready photos of a shard that an older recipe has made."""
    return Photo.objects.on(alias).filter(state=State.READY, recipe_version__lt=newest_recipe())


def progress(alias: str) -> Progress:
    """Count the photos of a shard."""
    old = old_photos(alias)
    failed = old.exclude(failure_code="").count()
    ready = Photo.objects.on(alias).filter(state=State.READY).count()
    return Progress(ready=ready, waiting=old.count() - failed, failed=failed)


def retry_failed(alias: str) -> int:
    """Let the photos of a shard that failed under a newer recipe be made once more; return how many."""
    return int(old_photos(alias).exclude(failure_code="").update(failure_code="", failure=""))


class Feeder:
    """Sends old photos to the bulk queue, by recipe and id, each once until it has come to the end of its shard.

    What it sent last is kept in memory only: a message that comes twice finds nothing to do.
    """

    def __init__(self) -> None:
        self._last_sent: dict[str, tuple[int, int]] = {}

    def feed(self, alias: str, *, shards: int = 1) -> int:
        """Send as many photos of a shard as its share of the free places; return how many."""
        free = PLACES - queues.held()
        if free <= 0:
            return 0
        photo_ids = self._next(alias, -(-free // shards))
        for photo_id in photo_ids:
            tasks.complete_when_there_is_time.send(photo_id)
        return len(photo_ids)

    def _next(self, alias: str, limit: int) -> list[int]:
        # A photo that fails under the new recipe keeps its old files and its failure code: a retry would fail again.
        recipe, photo_id = self._last_sent.pop(alias, (0, 0))
        unsent = Q(recipe_version=recipe, pk__gt=photo_id) | Q(recipe_version__gt=recipe)
        photos = old_photos(alias).filter(unsent, failure_code="").order_by("recipe_version", "pk")
        rows = list(photos.values_list("recipe_version", "pk")[:limit])
        for made_by, pk in rows[-1:]:
            self._last_sent[alias] = (made_by or 0, pk)
        return [pk for _, pk in rows]
