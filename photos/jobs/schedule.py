"""What must happen from time to time on each shard, whether or not a queue or a worker remembers."""

import time
from datetime import timedelta

import structlog
from django.utils import timezone

from photos.imaging.renditions import RECIPE_VERSION
from photos.jobs import queues, reconciliation
from photos.library import bulk, preferences, trash
from photos.models import Act, Favourite, Notification, Photo, Preferences, State
from photos.pipeline import attempts, upload
from photos.sharing import archives, share_links
from photos.social import digest
from sharding.rows import ids

log = structlog.get_logger("photos.schedule")

RERENDER_AT_ONCE = 50
LOGGED = 50
DIGESTS_AT_ONCE = 500
COLLECTED_AT_ONCE = 200
COLLECT_SECONDS = 5  # the scheduler has other things to do
TAKEN_BACK_FOR = timedelta(days=30)


def send_overdue(alias: str) -> int:
    """Enqueue every photo of a shard that is past its deadline; return how many.

    While the lanes are full nothing is added: workers have enough to do, and the messages are likely there. Lanes that
    are empty while photos wait have forgotten them: those are sent again soon.
    """
    held = queues.held()
    if held > queues.FULL:
        return 0
    deadline = attempts.DEADLINE if held else attempts.IDLE_DEADLINE
    late = [photo for photo in attempts.overdue(alias, deadline) if attempts.restart_deadline(photo)]
    for photo in late:
        queues.send(photo)
    return len(late)


def rerender(alias: str) -> int:
    """Send some photos made by an older recipe through the bulk lane; return how many."""
    from photos.jobs import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    # One that fails under the new recipe stays as it is, and says so: trying it for ever would not help it.
    old = Photo.objects.on(alias).filter(
        state=State.READY, recipe_version__lt=RECIPE_VERSION, failure_code=""
    )
    found = list(old.order_by("pk").values_list("pk", flat=True)[:RERENDER_AT_ONCE])
    for photo_id in found:
        tasks.complete_when_there_is_time.send(photo_id)
    return len(found)


def renew_credits(alias: str) -> int:
    """Send some photos that carry another credit than their owner wants through the bulk lane; return how many.

    Nothing is added while the lanes are full: changing a name is in no hurry.
    """
    if queues.held() > queues.FULL:
        return 0
    changed = Preferences.objects.on(alias).filter(credit_changed_at__isnull=False)
    return sum(send_credited(wanted) for wanted in changed.order_by("credit_changed_at")[:RERENDER_AT_ONCE])


def send_credited(wanted: Preferences) -> int:
    """Send some of one owner's photos to be given their credit; return how many."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    found = list(preferences.photos_with_other_credit(wanted.owner_id, wanted.credit)[:RERENDER_AT_ONCE])
    for photo in found:
        tasks.complete_when_there_is_time.send(photo.pk)
    if not found:
        preferences.finish_credit_change(wanted)
    return len(found)


def collect_abandoned(alias: str) -> int:
    """Forget uploads that nobody finished within a day, as many as there is time for; return how many."""
    until, forgotten = time.monotonic() + COLLECT_SECONDS, 0
    while time.monotonic() < until:
        found = upload.collect_abandoned(alias, COLLECTED_AT_ONCE)
        forgotten += found
        if found < COLLECTED_AT_ONCE:
            break
    return forgotten


def forget_bundles(alias: str) -> int:
    """Delete albums in one file that were packed more than a day ago; return how many. They are of no database."""
    return archives.delete_old()


def empty_trash(alias: str) -> int:
    """Delete some photos for good that were in the trash for long enough, or were deleted from it; return how many."""
    return trash.delete_due(alias)


def send_digests(alias: str) -> int:
    """Send for the mails with news that are due; return how many. Sending for one again is harmless."""
    from photos.jobs import tasks  # noqa: PLC0415 - see above

    if queues.held() > queues.FULL:
        return 0
    people = digest.due(alias, DIGESTS_AT_ONCE)
    for owner_id in people:
        tasks.mail_digest.send(owner_id)
    return len(people)


def reconcile(alias: str) -> int:
    """Mend counts, copies and storage accounts that differ from what is true; return how many there were."""
    found = reconciliation.reconcile(alias)
    for drift in found[:LOGGED]:
        log.warning("drift.mended", alias=alias, what=drift.what, sentence=drift.sentence)
    return len(found)


def forget_taken_back(alias: str) -> int:
    """Delete copies of what was taken back long ago, about which no event can be on its way; return how many."""
    before = timezone.now() - TAKEN_BACK_FOR
    favourites = Favourite.objects.on(alias).filter(is_on=False, changed_at__lt=before)
    told = Notification.objects.on(alias).filter(is_on=False, pk__lt=ids.first_id_at(before))
    return int(favourites.delete()[0]) + int(told.delete()[0])


def forget_links(alias: str) -> int:
    """Delete share links that were over long ago; return how many."""
    return share_links.delete_ended(alias)


def forget_acts(alias: str) -> int:
    """Delete what was kept to undo acts that cannot be undone any more; return how many."""
    old = Act.objects.on(alias).filter(made_at__lt=timezone.now() - bulk.UNDO_FOR)
    return int(old.delete()[0])
