"""The trash: photos that their owner has deleted, for 30 days. Nobody sees them, and their files get addresses that
nobody knows; likes, comments, albums and the room they take stay, so that a photo comes back as it was.

What is deleted from the trash is due at once: it is no longer there for its owner, and the scheduler removes it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from photos.library import deletion, visibility
from photos.models import Photo, State, Visibility
from photos.models.querysets import PhotoQuerySet
from sharding.consistency import causal
from sharding.rows.transactions import shard_atomic

KEPT_FOR = timedelta(days=30)
REMOVED_AT_ONCE = 20
COLLECTED_AT_ONCE = 200


def put(owner_id: int, photo_ids: Iterable[int]) -> list[int]:
    """Put an owner's photos into the trash; return which. One that failed has no picture to keep: it is removed."""
    with shard_atomic(owner_id=owner_id):
        found = list(_locked(Photo.objects.of(owner_id).kept(), photo_ids).exclude(state=State.RESERVED))
        now = timezone.now()
        trashed = [photo for photo in found if photo.state != State.FAILED]
        for photo in trashed:
            photo.trashed_at = now
            visibility.turn(photo, Visibility(photo.visibility), Visibility.PRIVATE)
        visibility.save_many(trashed, "trashed_at")
        for photo in found:
            if photo.state == State.FAILED:
                deletion.remove(photo)
    return [photo.pk for photo in trashed]


def restore(owner_id: int, photo_ids: Iterable[int]) -> list[int]:
    """Take photos out of the trash again; return which."""
    with shard_atomic(owner_id=owner_id):
        restored = list(_locked(of(owner_id), photo_ids))
        for photo in restored:
            photo.trashed_at = None
            visibility.turn(photo, Visibility.PRIVATE, Visibility(photo.visibility))
        visibility.save_many(restored, "trashed_at")
    return [photo.pk for photo in restored]


def delete(owner_id: int, photo_ids: Iterable[int] | None) -> int:
    """Delete photos in the trash for good, all of it for None; return how many. What are many go a little later."""
    with causal.pin():
        mine = of(owner_id)
        chosen = mine if photo_ids is None else mine.filter(pk__in=list(photo_ids))
        deleted = int(chosen.update(trashed_at=_limit()))
        for photo in Photo.objects.of(owner_id).filter(_due())[:REMOVED_AT_ONCE]:
            deletion.remove(photo)
    return deleted


def of(owner_id: int) -> PhotoQuerySet:
    """Return what is in somebody's trash."""
    return Photo.objects.of(owner_id).filter(trashed_at__gt=_limit())


def page(owner_id: int, *, before: int | None = None, limit: int) -> list[Photo]:
    """Return photos in the trash, what came last first, from behind the photo `before`."""
    found = of(owner_id)
    last = None if before is None else found.filter(pk=before).first()
    if last is not None:
        found = found.filter(
            Q(trashed_at__lt=last.trashed_at) | Q(trashed_at=last.trashed_at, pk__lt=last.pk)
        )
    return list(found.order_by("-trashed_at", "-pk")[:limit])


def collect(alias: str, limit: int = COLLECTED_AT_ONCE) -> int:
    """Remove what is due on a shard; return how many photos that were."""
    with causal.pin():
        due = list(Photo.objects.on(alias).filter(_due()).order_by("trashed_at")[:limit])
        for photo in due:
            deletion.remove(photo)
    return len(due)


def is_due(photo: Photo) -> bool:
    """Return whether a photo was deleted from the trash, or has been there for long enough."""
    return photo.trashed_at is not None and photo.trashed_at <= _limit()


def days_left(photo: Photo) -> int:
    """Return for how many more days a photo is in the trash, begun ones counted."""
    since = timezone.now() - (photo.trashed_at or timezone.now())
    return max(1, (KEPT_FOR - since).days + 1)


def _locked(photos: PhotoQuerySet, photo_ids: Iterable[int]) -> PhotoQuerySet:
    return photos.filter(pk__in=list(photo_ids)).order_by("pk").select_for_update()


def _due() -> Q:
    return Q(trashed_at__lte=_limit())


def _limit() -> datetime:
    return timezone.now() - KEPT_FOR
