"""Erases an account and everything its user has and did, on every shard, in steps that can stop anywhere and go on.

Each step deletes a batch and returns its size; it is repeated until nothing of its kind is left. A survey counts
everything before the first step and after the last. The receipt lists what the first survey found, and is written once
a survey finds nothing. Files are deleted by the events of their photos, which the last survey waits for.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import erasures, sessions
from accounts.models import Avoidance, Erasure, Follow, User
from photos.library import deletion
from photos.models import (
    Act,
    Album,
    Comment,
    Favourite,
    Like,
    Notification,
    Photo,
    Preferences,
    Report,
    ShareLink,
    StorageAccount,
    StorageEntry,
    ToldApart,
)
from photos.pipeline import multipart
from photos.social import counters
from sharding.consistency import causal
from sharding.models import OutboxEvent
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic

BATCH = 100
LEASE = timedelta(seconds=170)  # just below the time limit of a job

Step = Callable[[int], int]


def survey(user_id: int, *, with_sessions: bool = True) -> dict[str, int]:
    """Return {kind: number of rows} of what a user has and did. Raises database errors: a guess is no answer.

    Counting one user's sessions reads all sessions, so pages leave them out (`with_sessions=False`).
    """
    bucket = ids.bucket_for_owner(user_id)
    removals = OutboxEvent.objects.in_bucket(bucket).filter(topic=deletion.REMOVED, relayed_at__isnull=True)
    with causal.pin():
        return {
            gettext_noop("photos"): Photo.objects.of(user_id).count(),
            gettext_noop("photos whose files are being deleted"): removals.filter(
                payload__owner_id=user_id
            ).count(),
            gettext_noop("likes"): _sum(_likes, user_id),
            gettext_noop("comments"): _sum(_comments, user_id),
            gettext_noop("favourites"): Favourite.objects.of(user_id).count(),
            gettext_noop("albums"): Album.objects.of(user_id).count(),
            gettext_noop("acts on many photos"): Act.objects.of(user_id).count(),
            gettext_noop("look-alikes told apart"): ToldApart.objects.of(user_id).count(),
            gettext_noop("share links"): ShareLink.objects.of(user_id).count(),
            gettext_noop("notifications"): Notification.objects.of(user_id).count()
            + _sum(_notifications_about, user_id),
            gettext_noop("reports about and by them"): Report.objects.of(user_id).count()
            + _sum(_reported, user_id),
            gettext_noop("people followed, and followers"): _follows(user_id).count(),
            gettext_noop("people blocked or muted, and by whom"): _avoidances(user_id).count(),
            gettext_noop("settings"): Preferences.objects.of(user_id).count(),
            gettext_noop("entries in the storage ledger"): StorageEntry.objects.of(user_id).count(),
            gettext_noop("open sessions"): sum(1 for _ in sessions.keys_of_user(user_id))
            if with_sessions
            else 0,
            "account": User.objects.filter(pk=user_id).count(),
        }


def run(erasure_id: int, *, seconds: float = 120) -> bool | None:
    """Go on with an erasure for some seconds; return whether it is finished, or None while another worker is at it.

    Raises s3.StorageUnavailable and database errors, for the queue to repeat.
    """
    with causal.pin():
        erasure = Erasure.objects.get(pk=erasure_id)
        if erasure.finished_at is None:
            if not _claim(erasure_id):
                return None
            try:
                _erase(erasure, until=time.monotonic() + seconds)
            finally:
                Erasure.objects.filter(pk=erasure_id).update(busy_until=None)
        if erasure.finished_at is not None:
            erasures.send_receipt(erasure)
    return erasure.finished_at is not None


def _erase(erasure: Erasure, *, until: float) -> None:
    user_id = erasure.user_id
    if erasure.found is None:
        erasure.found = list(survey(user_id).items())
        erasure.save(update_fields=["found"])
    for step in STEPS:
        while step(user_id):
            if time.monotonic() > until:
                return
    # A request that had begun before may have added rows since, and deleting files takes its time.
    if not any(count for what, count in survey(user_id).items() if what != "account"):
        erasures.finish(erasure)


def _claim(erasure_id: int) -> bool:
    now = timezone.now()
    free = Erasure.objects.filter(Q(busy_until__isnull=True) | Q(busy_until__lt=now), pk=erasure_id)
    return bool(free.update(busy_until=now + LEASE))


def _remove_photos(user_id: int) -> int:
    photos = list(Photo.objects.of(user_id).order_by("pk")[:BATCH])
    for photo in photos:
        if photo.multipart_id:
            multipart.abort(photo)
        deletion.delete_photo(photo)
    return len(photos)


def _take_back_likes(user_id: int) -> int:
    likes = list(_each(_likes, user_id))
    for like in likes:
        with shard_atomic(bucket=ids.bucket_of(like.pk)):
            counters.lock_photo(like.photo_id)
            row = Like.objects.locate(like.pk).select_for_update().first()
            if row is not None:
                counters.add(row.photo_id, likes=-1 if row.is_on else 0)
                row.delete()
    return len(likes)


def _take_back_comments(user_id: int) -> int:
    """Delete comments; one that has answers stays as a place without words and author."""
    comments = list(_each(_comments, user_id))
    for comment in comments:
        with shard_atomic(bucket=ids.bucket_of(comment.pk)):
            counters.lock_photo(comment.photo_id)
            row = Comment.objects.locate(comment.pk).select_for_update().first()
            if row is not None:
                counters.add(row.photo_id, comments=-1 if row.deleted_at is None else 0)
                _blank(row)
    return len(comments)


def _blank(comment: Comment) -> None:
    if not Comment.objects.in_bucket(ids.bucket_of(comment.pk)).filter(parent_id=comment.pk).exists():
        comment.delete()
        return
    comment.body, comment.author_id, comment.mentioned_ids = "", None, []
    comment.deleted_at = comment.deleted_at or timezone.now()
    comment.version += 1
    comment.save(update_fields=["body", "author_id", "mentioned_ids", "deleted_at", "version"])


def _forget_notifications_about(user_id: int) -> int:
    rows = list(_each(_notifications_about, user_id))
    for row in rows:
        Notification.objects.locate(row.pk).delete()
    return len(rows)


def _forget_reporter(user_id: int) -> int:
    """Remove the reporter from reports that they made; the reports stay to be decided on."""
    return sum(_reported(alias, user_id).update(reporter_id=None) for alias in settings.SHARDS)


def _delete_own(user_id: int) -> int:
    own: list[QuerySet[Any]] = [
        Favourite.objects.of(user_id),
        Notification.objects.of(user_id),
        ShareLink.objects.of(user_id),
        Act.objects.of(user_id),
        ToldApart.objects.of(user_id),
        Album.objects.of(user_id),
        Report.objects.of(user_id),
        Preferences.objects.of(user_id),
        StorageEntry.objects.of(user_id),
        StorageAccount.objects.of(user_id),
    ]
    return sum(_delete_some(rows) for rows in own)


def _delete_some(rows: QuerySet[Any]) -> int:
    batch = list(rows.order_by("pk").values_list("pk", flat=True)[: BATCH * 10])
    return int(rows.filter(pk__in=batch).delete()[0]) if batch else 0


def _delete_in_directory(user_id: int) -> int:
    return _delete_some(_follows(user_id)) + _delete_some(_avoidances(user_id)) + sessions.end_all(user_id)


STEPS: tuple[Step, ...] = (
    _remove_photos,
    _take_back_likes,
    _take_back_comments,
    _forget_notifications_about,
    _forget_reporter,
    _delete_own,
    _delete_in_directory,
)


def _likes(alias: str, user_id: int) -> QuerySet[Like]:
    return Like.objects.on(alias).filter(user_id=user_id)


def _comments(alias: str, user_id: int) -> QuerySet[Comment]:
    return Comment.objects.on(alias).filter(author_id=user_id)


def _notifications_about(alias: str, user_id: int) -> QuerySet[Notification]:
    return Notification.objects.on(alias).filter(actor_id=user_id)


def _reported(alias: str, user_id: int) -> QuerySet[Report]:
    return Report.objects.on(alias).filter(reporter_id=user_id)


def _follows(user_id: int) -> QuerySet[Follow]:
    return Follow.objects.filter(Q(follower_id=user_id) | Q(followee_id=user_id))


def _avoidances(user_id: int) -> QuerySet[Avoidance]:
    return Avoidance.objects.filter(Q(person_id=user_id) | Q(other_id=user_id))


def _each(rows: Callable[[str, int], QuerySet[Any]], user_id: int) -> Iterator[Any]:
    """Yield up to BATCH rows of each shard, from its primary."""
    for alias in settings.SHARDS:
        yield from rows(alias, user_id).order_by("pk")[:BATCH]


def _sum(rows: Callable[[str, int], QuerySet[Any]], user_id: int) -> int:
    return sum(rows(alias, user_id).count() for alias in settings.SHARDS)
