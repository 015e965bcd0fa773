"""What must happen from time to time on each shard, whether or not a queue or a worker remembers."""

from datetime import timedelta

import structlog
from django.utils import timezone

from photos import attempts, lanes, reconciling, upload
from photos.models import Favourite, Notification, Photo, State
from photos.renditions import RECIPE_VERSION
from sharding import ids

log = structlog.get_logger("photos.schedule")

RERENDER_AT_ONCE = 50
LOGGED = 50
TAKEN_BACK_FOR = timedelta(days=30)


def send_overdue(alias: str) -> int:
    """Enqueue every photo of a shard that is past its deadline; return how many.

    While the lanes are full nothing is added: workers have enough to do, and the messages are likely there. Lanes that
    are empty while photos wait have forgotten them: those are sent again soon.
    """
    held = lanes.held()
    if held > lanes.FULL:
        return 0
    deadline = attempts.DEADLINE if held else attempts.FORGOTTEN
    late = [photo for photo in attempts.overdue(alias, deadline) if attempts.note_sent(photo)]
    for photo in late:
        lanes.send(photo)
    return len(late)


def rerender(alias: str) -> int:
    """Send some photos made by an older recipe through the bulk lane; return how many."""
    from photos import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    old = Photo.objects.on(alias).filter(state=State.READY, recipe_version__lt=RECIPE_VERSION)
    found = list(old.order_by("pk").values_list("pk", flat=True)[:RERENDER_AT_ONCE])
    for photo_id in found:
        tasks.complete_when_there_is_time.send(photo_id)
    return len(found)


def collect_abandoned(alias: str) -> int:
    """Forget uploads that nobody finished within a day; return how many."""
    return upload.collect_abandoned(alias)


def reconcile(alias: str) -> int:
    """Mend counts, copies and storage accounts that differ from what is true; return how many there were."""
    found = reconciling.reconcile(alias)
    for drift in found[:LOGGED]:
        log.warning("drift.mended", alias=alias, what=drift.what, sentence=drift.sentence)
    return len(found)


def forget_taken_back(alias: str) -> int:
    """Delete copies of what was taken back long ago, about which no event can be on its way; return how many."""
    before = timezone.now() - TAKEN_BACK_FOR
    favourites = Favourite.objects.on(alias).filter(is_on=False, changed_at__lt=before)
    told = Notification.objects.on(alias).filter(is_on=False, pk__lt=ids.first_id_at(before))
    return int(favourites.delete()[0]) + int(told.delete()[0])
