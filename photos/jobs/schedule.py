"""The product's periodic tasks: what must happen on each shard, whether or not a queue or a worker remembers it."""

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from ops.periodic import periodic
from photos.jobs import dispatch, queues, reconciliation, rerendering, tasks
from photos.library import bulk, preferences, trash
from photos.models import Act, Favourite, Notification, Preferences
from photos.pipeline import attempts, upload
from photos.sharing import archives, share_links
from photos.social import digest
from sharding.rows import ids

log = structlog.get_logger("photos.schedule")

DAY = 24 * 3600  # seconds
CREDITED_AT_ONCE = 50
LOGGED = 50
DIGESTS_AT_ONCE = 500
COLLECTED_AT_ONCE = 200
COLLECT_SECONDS = 5  # the scheduler has other things to do
TAKEN_BACK_FOR = timedelta(days=30)
_old_photos = rerendering.Feeder()


@periodic("photos.overdue", every_seconds=5)
def send_overdue(alias: str) -> int:
    """Enqueue every photo of a shard that is past its deadline; return how many.

    While the queues are full nothing is added: workers have enough to do, and the messages are likely there. If the
    queues are empty while photos wait, they have forgotten them: those photos are sent again soon.
    """
    held = queues.held()
    if held > queues.FULL:
        return 0
    deadline = attempts.DEADLINE if held else attempts.IDLE_DEADLINE
    late = [photo for photo in attempts.overdue(alias, deadline) if attempts.restart_deadline(photo)]
    for photo in late:
        dispatch.send(photo)
    return len(late)


@periodic("photos.rerender", every_seconds=2)
def rerender(alias: str) -> int:
    """Send photos made by an older recipe to the bulk queue, as fast as workers take them; return how many."""
    return _old_photos.feed(alias, shards=len(settings.SHARDS))


@periodic("photos.credits", every_seconds=20)
def renew_credits(alias: str) -> int:
    """Send some photos whose files carry an old credit through the bulk queue; return how many.

    Nothing is added while the queues are full: a changed name is in no hurry.
    """
    if queues.are_full():
        return 0
    changed = Preferences.objects.on(alias).filter(credit_changed_at__isnull=False)
    return sum(send_credited(row) for row in changed.order_by("credit_changed_at")[:CREDITED_AT_ONCE])


def send_credited(owner: Preferences) -> int:
    """Enqueue some of an owner's photos whose files lack the owner's credit; return how many."""
    photos = list(preferences.photos_with_other_credit(owner.owner_id, owner.credit)[:CREDITED_AT_ONCE])
    for photo in photos:
        tasks.complete_when_there_is_time.send(photo.pk)
    if not photos:
        preferences.finish_credit_change(owner)
    return len(photos)


@periodic("uploads.abandoned", every_seconds=60)
def collect_abandoned(alias: str) -> int:
    """Forget uploads that were not finished within a day, as many as there is time for; return how many."""
    until, forgotten = time.monotonic() + COLLECT_SECONDS, 0
    while time.monotonic() < until:
        count = upload.collect_abandoned(alias, COLLECTED_AT_ONCE)
        forgotten += count
        if count < COLLECTED_AT_ONCE:
            break
    return forgotten


@periodic("photos.bundles", every_seconds=3600, databases=lambda: ["default"])
def forget_bundles(alias: str) -> int:
    """Delete album archives that were packed more than a day ago; return how many. They are in the store only."""
    return archives.delete_old()


@periodic("photos.trash", every_seconds=30)
def empty_trash(alias: str) -> int:
    """Delete some photos for good that were in the trash for long enough, or were deleted from it; return how many."""
    return trash.delete_due(alias)


@periodic("digests.due", every_seconds=300)
def send_digests(alias: str) -> int:
    """Enqueue the mails with news that are due; return how many. Enqueueing one again is harmless."""
    if queues.are_full():
        return 0
    owner_ids = digest.due(alias, DIGESTS_AT_ONCE)
    for owner_id in owner_ids:
        tasks.mail_digest.send(owner_id)
    return len(owner_ids)


@periodic("photos.reconcile", every_seconds=DAY)
def reconcile(alias: str) -> int:
    """Mend counts, copies and storage accounts that differ from the rows they are made of; return how many."""
    drifts = reconciliation.reconcile(alias)
    for drift in drifts[:LOGGED]:
        log.warning("drift.mended", alias=alias, what=drift.what, sentence=drift.sentence)
    return len(drifts)


@periodic("social.taken_back", every_seconds=DAY)
def forget_taken_back(alias: str) -> int:
    """Delete copies of what was taken back so long ago that no event about it is on its way; return how many."""
    before = timezone.now() - TAKEN_BACK_FOR
    favourites = Favourite.objects.on(alias).filter(is_on=False, changed_at__lt=before)
    notifications = Notification.objects.on(alias).filter(is_on=False, pk__lt=ids.first_id_at(before))
    return int(favourites.delete()[0]) + int(notifications.delete()[0])


@periodic("photos.links", every_seconds=DAY)
def forget_links(alias: str) -> int:
    """Delete share links that ended long ago; return how many."""
    return share_links.delete_ended(alias)


@periodic("photos.acts", every_seconds=600)
def forget_acts(alias: str) -> int:
    """Delete the records of bulk acts that can no longer be undone; return how many."""
    old = Act.objects.on(alias).filter(made_at__lt=timezone.now() - bulk.UNDO_FOR)
    return int(old.delete()[0])
