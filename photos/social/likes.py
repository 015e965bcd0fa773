"""Liking a photo: one transaction on the photo's shard changes the like and its count, and emits an event.

The event carries ids only. Its handler reads the like itself, so events may be late, repeated and in any order.
"""

from dataclasses import dataclass

from django.db import connections
from django.db.models import F
from django.utils import timezone

from photos.models import Like, Photo
from photos.social import counters
from sharding.consistency import causal, outbox
from sharding.rows import allocation, buckets, ids
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
    with shard_atomic(bucket=bucket):
        if not counters.lock_photo(photo.pk):
            raise Gone
        # One round trip for the ids of all rows that may have to be made.
        like_id, counter_id, event_id = allocation.new_ids(bucket, 3)
        has_changed = _turn_on(like_id, photo.pk, user_id) if is_liked else _turn_off(photo.pk, user_id)
        if has_changed:
            counters.add(photo.pk, likes=1 if is_liked else -1, spare_id=counter_id)
            payload = {"photo_id": photo.pk, "user_id": user_id}
            outbox.add(bucket, CHANGED, payload, event_id=event_id)
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


def _turn_on(new_id: int, photo_id: int, user_id: int) -> bool:
    """Insert the like, or turn on one that was taken back; return whether that changed anything."""
    with connections[buckets.shard_of(ids.bucket_of(photo_id))].cursor() as cursor:
        cursor.execute(
            "INSERT INTO photos_like AS kept (id, photo_id, user_id, is_on, version, changed_at) "
            "VALUES (%s, %s, %s, TRUE, 1, %s) ON CONFLICT (photo_id, user_id) DO UPDATE "
            "SET is_on = TRUE, version = kept.version + 1, changed_at = excluded.changed_at WHERE NOT kept.is_on",
            [new_id, photo_id, user_id, timezone.now()],
        )
        return bool(cursor.rowcount)


def _turn_off(photo_id: int, user_id: int) -> bool:
    rows = _rows(photo_id, user_id).filter(is_on=True)
    return bool(rows.update(is_on=False, version=F("version") + 1, changed_at=timezone.now()))


def _rows(photo_id: int, user_id: int) -> ShardedQuerySet[Like]:
    return Like.objects.of_photo(photo_id).filter(user_id=user_id)
