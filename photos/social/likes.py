"""Liking a photo: one transaction on the photo's shard changes the like and its count, and emits an event.

The event carries ids only. Its handler reads the like itself, so events may be late, repeated and in any order.
"""

from dataclasses import dataclass

from django.db.models import F
from django.utils import timezone

from photos.models import Like, Photo
from photos.social import counters
from sharding.consistency import causal, outbox
from sharding.rows import ids
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

CHANGED = "like.changed"


class Gone(Exception):
    """The photo does not exist any more."""


@dataclass(frozen=True)
class LikeState:
    """A like as it was read from its primary; `version` is 0 where there has never been one."""

    photo_id: int
    user_id: int
    photo_owner_id: int
    is_on: bool
    version: int


def set_liked(photo: Photo, user_id: int, *, is_liked: bool) -> bool:
    """Like a photo, or end the like; return whether that changed anything. Raises Gone.

    The caller checks that the user may see the photo.
    """
    bucket = ids.bucket_of(photo.pk)
    with causal.pin(), shard_atomic(bucket=bucket):
        if not counters.lock_photo(photo.pk):
            raise Gone
        has_changed = _change(photo.pk, user_id, is_liked=is_liked)
        if has_changed:
            counters.add(photo.pk, likes=1 if is_liked else -1)
            outbox.add(bucket, CHANGED, {"photo_id": photo.pk, "user_id": user_id})
    return has_changed


def is_liked(photo_id: int, user_id: int) -> bool:
    """Return whether the user likes the photo."""
    return bool(_rows(photo_id, user_id).filter(is_on=True).exists())


def current(photo_id: int, user_id: int) -> LikeState | None:
    """Return a like, read from its primary; None when the photo is gone."""
    with causal.pin():
        owners = Photo.objects.locate(photo_id).values_list("owner_id", flat=True)
        owner_id = owners.first()
        like = _rows(photo_id, user_id).first()
    if owner_id is None:
        return None
    is_on, version = (like.is_on, like.version) if like else (False, 0)
    return LikeState(photo_id, user_id, owner_id, is_on=is_on, version=version)


def _change(photo_id: int, user_id: int, *, is_liked: bool) -> bool:
    rows = _rows(photo_id, user_id)
    now = timezone.now()
    if rows.filter(is_on=not is_liked).update(is_on=is_liked, version=F("version") + 1, changed_at=now):
        return True
    if not is_liked:
        return False
    _, is_new = rows.get_or_create(photo_id=photo_id, user_id=user_id, defaults={"changed_at": now})
    return is_new


def _rows(photo_id: int, user_id: int) -> ShardedQuerySet[Like]:
    return Like.objects.in_bucket(ids.bucket_of(photo_id)).filter(photo_id=photo_id, user_id=user_id)
