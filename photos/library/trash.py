"""The trash: deleted photos, kept for 30 days and shown to their owner alone.

Their files move to secret addresses. Likes, comments, album places and quota stay, so that a photo can be restored as
it was. Deleting from the trash makes a photo due at once: its owner no longer sees it, and the scheduler deletes it.
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
DELETED_AT_ONCE = 20  # within a request; the scheduler deletes the rest
COLLECTED_AT_ONCE = 200


def put(owner_id: int, photo_ids: Iterable[int]) -> list[int]:
    """Put an owner's photos into the trash; return their ids. A failed photo is deleted: it has no picture to keep."""
    with shard_atomic(owner_id=owner_id):
        photos = list(_locked(Photo.objects.of(owner_id).kept(), photo_ids).exclude(state=State.RESERVED))
        now = timezone.now()
        trashed = [photo for photo in photos if photo.state != State.FAILED]
        for photo in trashed:
            photo.trashed_at = now
            visibility.assign_storage_prefix(photo, Visibility(photo.visibility), Visibility.PRIVATE)
        visibility.save_and_queue_moves(trashed, "trashed_at")
        for photo in photos:
            if photo.state == State.FAILED:
                deletion.delete_photo(photo)
    return [photo.pk for photo in trashed]


def restore(owner_id: int, photo_ids: Iterable[int]) -> list[int]:
    """Restore photos from the trash with their old visibility; return their ids."""
    with shard_atomic(owner_id=owner_id):
        restored = list(_locked(photos_for(owner_id), photo_ids))
        for photo in restored:
            photo.trashed_at = None
            visibility.assign_storage_prefix(photo, Visibility.PRIVATE, Visibility(photo.visibility))
        visibility.save_and_queue_moves(restored, "trashed_at")
    return [photo.pk for photo in restored]


def delete(owner_id: int, photo_ids: Iterable[int] | None) -> int:
    """Delete photos in the trash for good, or all of it (None); return how many.

    All disappear from the trash at once. The first DELETED_AT_ONCE are deleted here, the others by the scheduler.
    """
    with causal.pin():
        in_trash = photos_for(owner_id)
        chosen = in_trash if photo_ids is None else in_trash.filter(pk__in=list(photo_ids))
        deleted = int(chosen.update(trashed_at=_oldest_kept()))
        for photo in Photo.objects.of(owner_id).filter(_due())[:DELETED_AT_ONCE]:
            deletion.delete_photo(photo)
    return deleted


def photos_for(owner_id: int) -> PhotoQuerySet[Photo]:
    """Return the photos in an owner's trash."""
    return Photo.objects.of(owner_id).filter(trashed_at__gt=_oldest_kept())


def page_for(owner_id: int, *, before: int | None = None, limit: int) -> list[Photo]:
    """Return up to `limit` photos in an owner's trash, the last deleted first, after the photo with id `before`."""
    in_trash = photos_for(owner_id)
    last = None if before is None else in_trash.filter(pk=before).first()
    if last is not None:
        in_trash = in_trash.filter(
            Q(trashed_at__lt=last.trashed_at) | Q(trashed_at=last.trashed_at, pk__lt=last.pk)
        )
    return list(in_trash.order_by("-trashed_at", "-pk")[:limit])


def delete_due(alias: str, limit: int = COLLECTED_AT_ONCE) -> int:
    """Delete up to `limit` due photos of a shard; return how many."""
    with causal.pin():
        due = list(Photo.objects.on(alias).filter(_due()).order_by("trashed_at")[:limit])
        for photo in due:
            deletion.delete_photo(photo)
    return len(due)


def is_due(photo: Photo) -> bool:
    """Return whether a photo was deleted from the trash, or has been in it for KEPT_FOR."""
    return photo.trashed_at is not None and photo.trashed_at <= _oldest_kept()


def days_left(photo: Photo) -> int:
    """Return for how many more days a photo stays in the trash, rounded up; at least 1."""
    elapsed = timezone.now() - (photo.trashed_at or timezone.now())
    return max(1, (KEPT_FOR - elapsed).days + 1)


def _locked(photos: PhotoQuerySet[Photo], photo_ids: Iterable[int]) -> PhotoQuerySet[Photo]:
    return photos.filter(pk__in=list(photo_ids)).order_by("pk").select_for_update()


def _due() -> Q:
    return Q(trashed_at__lte=_oldest_kept())


def _oldest_kept() -> datetime:
    return timezone.now() - KEPT_FOR
