"""The storage quota of an owner: reserved before the upload, freed when the photo fails or is deleted.

An account row on the owner's shard holds the sum and is changed by conditional updates, so that two tabs cannot both
take the last megabyte. A ledger holds every change, so that the sum can be checked. Only originals count.
"""

from django.conf import settings
from django.db.models import F, Sum
from django.utils import timezone

from photos.models import StorageAccount, StorageEntry
from sharding.consistency import causal
from sharding.rows.transactions import shard_atomic


class Exceeded(Exception):
    """The owner's quota has too few bytes left."""


def used_bytes(owner_id: int) -> int:
    """Return how many bytes an owner uses or has reserved."""
    account = StorageAccount.objects.of(owner_id).first()
    return account.used_bytes if account else 0


def take(owner_id: int, photo_id: int, size: int) -> None:
    """Reserve `size` bytes for a photo, within the caller's transaction. Raises Exceeded and changes nothing."""
    _ensure_account(owner_id)
    room = StorageAccount.objects.of(owner_id).filter(used_bytes__lte=settings.QUOTA_BYTES - size)
    if not room.update(used_bytes=F("used_bytes") + size):
        raise Exceeded
    StorageEntry(owner_id=owner_id, photo_id=photo_id, bytes=size, made_at=timezone.now()).save()


def give_back(owner_id: int, photo_id: int) -> int:
    """Free the bytes reserved for a photo, within the caller's transaction; return how many. Idempotent."""
    entries = StorageEntry.objects.of(owner_id).filter(photo_id=photo_id)
    taken = entries.aggregate(sum=Sum("bytes"))["sum"] or 0
    if taken:
        StorageAccount.objects.of(owner_id).update(used_bytes=F("used_bytes") - taken)
        StorageEntry(owner_id=owner_id, photo_id=photo_id, bytes=-taken, made_at=timezone.now()).save()
    return int(taken)


def drift(alias: str) -> dict[int, int]:
    """Return {owner id: account minus ledger, in bytes} for those owners on a shard whose account and ledger differ."""
    with causal.pin():
        entries = StorageEntry.objects.on(alias).values_list("owner_id").annotate(sum=Sum("bytes"))
        ledger = dict(entries)
        accounts = dict(StorageAccount.objects.on(alias).values_list("owner_id", "used_bytes"))
    owners = ledger.keys() | accounts.keys()
    differences = {owner: accounts.get(owner, 0) - ledger.get(owner, 0) for owner in owners}
    return {owner: difference for owner, difference in differences.items() if difference}


def reconcile(alias: str) -> int:
    """Set each account that differs from its ledger to the ledger's sum; return how many there were."""
    drifted = drift(alias)
    for owner_id in drifted:
        with shard_atomic(owner_id=owner_id):
            _ensure_account(owner_id)
            locked = StorageAccount.objects.of(owner_id).select_for_update().get()
            ledger = StorageEntry.objects.of(owner_id).aggregate(sum=Sum("bytes"))["sum"] or 0
            locked.used_bytes = ledger
            locked.save(update_fields=["used_bytes"])
    return len(drifted)


def _ensure_account(owner_id: int) -> None:
    if not StorageAccount.objects.of(owner_id).exists():
        StorageAccount.objects.of(owner_id).bulk_create(
            [StorageAccount(owner_id=owner_id)], ignore_conflicts=True
        )
