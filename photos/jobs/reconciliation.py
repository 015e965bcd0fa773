"""Finds and mends differences between likes, comments and follows, and the copies of them on other shards.

Events keep the copies right. Reconciliation is for what no event knows of: a shard restored from a backup, rows changed
by hand, a bug. Each check walks the rows of one shard in pieces, looks up the other side of each piece shard by shard,
and mends a copy by making it anew from what is true then. Changes younger than GRACE are left to their events. Missing
notifications are made anew only if they are younger than RECENT: older news would annoy its reader.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Follow
from photos.imaging.formats import MOVING
from photos.imaging.renditions import ANIMATION
from photos.jobs import fanout
from photos.library import quota
from photos.models import Comment, Favourite, Kind, Like, Notification, Photo, Rendition, Stage
from photos.social import counters, notifications
from sharding.consistency import causal
from sharding.rows import buckets, ids

PIECE = 500
GRACE = timedelta(minutes=1)
RECENT = timedelta(days=7)

Pair = tuple[int, int]


@dataclass(frozen=True)
class Drift:
    """One difference: its kind, a sentence for the operator, and the function that mends it."""

    what: str
    sentence: str
    mend: Callable[[], object]


def reconcile(alias: str, *, is_dry: bool = False) -> list[Drift]:
    """Find the differences of a shard and mend them, unless `is_dry`; return them. Raises database errors."""
    with causal.session(), causal.pin():
        drifts = [drift for check in CHECKS for drift in check(alias)]
        for drift in drifts if not is_dry else ():
            drift.mend()
    return drifts


def counts(alias: str) -> Iterator[Drift]:
    """Find photos whose counts differ from their likes and comments."""
    for photo_id, missing in counters.drift(alias).items():
        sentence = (
            f"photo {ids.encode(photo_id)} has {missing.likes:+d} likes, {missing.comments:+d} comments"
        )
        yield Drift("count", f"{sentence} compared to its count", partial(counters.mend_one, photo_id))


def room(alias: str) -> Iterator[Drift]:
    """Find storage accounts that differ from their ledger."""
    for owner_id, difference in quota.drift(alias).items():
        sentence = f"the account of {owner_id} is {difference:+d} bytes off its ledger"
        yield Drift("room", sentence, partial(quota.reconcile, alias))


def moving(alias: str) -> Iterator[Drift]:
    """Find photos of a shard with a current animated file that do not say so, as from before they did."""
    kinds = [kind.value for kind in MOVING]
    photos = Photo.objects.on(alias).filter(stage=Stage.FULL, is_moving=False, original_format__in=kinds)
    for piece in _pieces(photos):
        stamps = {photo.pk: photo.stamp for photo in piece}
        files = Rendition.objects.on(alias).filter(photo__in=piece, name=ANIMATION.name)
        for photo_id, stamp in files.values_list("photo_id", "stamp"):
            if stamp == stamps[photo_id]:
                mend = partial(Photo.objects.locate(photo_id).filter(stamp=stamp).update, is_moving=True)
                yield Drift("moving", f"photo {ids.encode(photo_id)} moves and does not say so", mend)


def likes(alias: str) -> Iterator[Drift]:
    """Find likes of a shard's photos that differ from their likers' favourites, given or taken back."""
    for piece in _pieces(Like.objects.on(alias).filter(changed_at__lt=timezone.now() - GRACE)):
        is_on = {(like.photo_id, like.user_id): like.is_on for like in piece}
        copies = _favourites(is_on)
        for pair, is_so in is_on.items():
            if copies.get(pair, False) != is_so:
                yield _of_like("favourite", "is liked by" if is_so else "is not liked any more by", pair)


def favourites(alias: str) -> Iterator[Drift]:
    """Find favourites of a shard's people without a like: taken back, or of a photo that is gone."""
    own = Favourite.objects.on(alias).filter(is_on=True, changed_at__lt=timezone.now() - GRACE)
    for piece in _pieces(own):
        pairs = {(row.photo_id, row.owner_id) for row in piece}
        for pair in sorted(pairs - _liked(pairs)):
            yield _of_like("favourite", "is not liked by", pair)


def stale_notifications(alias: str) -> Iterator[Drift]:
    """Find notifications of a shard's people about likes, comments and follows that are no longer there."""
    for piece in _pieces(
        Notification.objects.on(alias).filter(is_on=True, made_at__lt=timezone.now() - GRACE)
    ):
        liked = _liked({(row.photo_id, row.actor_id) for row in piece if row.kind == Kind.LIKED})
        comment_ids = _comments(row.comment_id for row in piece if row.comment_id is not None)
        followed = _followed({(row.actor_id, row.owner_id) for row in piece if row.kind == Kind.FOLLOWED})
        for row in piece:
            is_so = (
                (row.photo_id, row.actor_id) in liked
                or row.comment_id in comment_ids
                or (row.kind == Kind.FOLLOWED and (row.actor_id, row.owner_id) in followed)
                or row.kind == Kind.FAILED  # its line counts what has failed at the moment
            )
            if not is_so:
                sentence = f"{row.owner_id} is told that {row.actor_id} {row.kind}, which is not so"
                yield Drift(
                    "notification", sentence, partial(_delete_notification, row.owner_id, row.subject)
                )


def missing_notifications(alias: str) -> Iterator[Drift]:
    """Find recent likes and comments of a shard's photos, and recent follows, without their notification."""
    now = timezone.now()
    lately = Q(changed_at__range=(now - RECENT, now - GRACE))
    for piece in _pieces(Like.objects.on(alias).filter(lately, is_on=True).select_related("photo")):
        told = _told(alias, {f"like:{like.photo_id}:{like.user_id}" for like in piece})
        for like in piece:
            owner_id, subject = like.photo.owner_id, f"like:{like.photo_id}:{like.user_id}"
            if like.user_id != owner_id and (owner_id, subject) not in told:
                mend = partial(
                    _notify_anew, owner_id, subject, partial(fanout.like, like.photo_id, like.user_id)
                )
                yield Drift("notification", f"{owner_id} is not told of {subject}", mend)
    recent = Comment.objects.on(alias).filter(created_at__range=(now - RECENT, now - GRACE))
    for piece in _pieces(recent.filter(deleted_at__isnull=True)):
        for comment in piece:
            yield from _missing_notifications_of_comment(comment.pk)
    for follow in Follow.objects.filter(created_at__range=(now - RECENT, now - GRACE)).iterator():
        if buckets.shard_for_owner(follow.followee_id) == alias:
            yield from _missing_notification_of_follow(follow)


def _missing_notifications_of_comment(comment_id: int) -> Iterator[Drift]:
    for told in notifications.for_comment(comment_id):
        if not _has_notification(told.owner_id, told.subject):
            mend = partial(_notify_anew, told.owner_id, told.subject, partial(fanout.comment, comment_id))
            yield Drift("notification", f"{told.owner_id} is not told of {told.subject}", mend)


def _missing_notification_of_follow(follow: Follow) -> Iterator[Drift]:
    subject = f"follow:{follow.follower_id}"
    if not _has_notification(follow.followee_id, subject):
        # 0 is below every event's number, so that the next event about this follow overwrites it.
        again = partial(fanout.follow, follow.follower_id, follow.followee_id, 0)
        mend = partial(_notify_anew, follow.followee_id, subject, again)
        yield Drift("notification", f"{follow.followee_id} is not told of {subject}", mend)


def _of_like(what: str, verb: str, pair: Pair) -> Drift:
    photo_id, user_id = pair
    return Drift(
        what, f"photo {ids.encode(photo_id)} {verb} {user_id}", partial(_copy_anew, photo_id, user_id)
    )


def _copy_anew(photo_id: int, user_id: int) -> None:
    # Deleted first: a copy whose version is newer than the restored like would never be overwritten.
    Favourite.objects.of(user_id).filter(photo_id=photo_id).delete()
    fanout.like(photo_id, user_id)


def _notify_anew(owner_id: int, subject: str, tell: Callable[[], object]) -> None:
    _delete_notification(owner_id, subject)
    tell()


def _delete_notification(owner_id: int, subject: str) -> None:
    Notification.objects.of(owner_id).filter(subject=subject).delete()


def _favourites(pairs: Collection[Pair]) -> dict[Pair, bool]:
    """Return {(photo id, user id): is_on} of the favourites that exist."""
    found: dict[Pair, bool] = {}
    photo_ids = {photo_id for photo_id, _ in pairs}
    for shard, owner_ids in buckets.owners_by_shard({owner_id for _, owner_id in pairs}).items():
        rows = Favourite.objects.on(shard).filter(owner_id__in=owner_ids, photo_id__in=photo_ids)
        found |= {(row.photo_id, row.owner_id): row.is_on for row in rows}
    return found


def _liked(pairs: Collection[Any]) -> set[Pair]:
    """Return the (photo id, user id) pairs that are likes now, or were until less than GRACE ago."""
    found: set[Pair] = set()
    is_so = Q(is_on=True) | Q(changed_at__gte=timezone.now() - GRACE)
    user_ids = {user_id for _, user_id in pairs}
    for shard, photo_ids in buckets.by_shard({photo_id for photo_id, _ in pairs}).items():
        rows = Like.objects.on(shard).filter(is_so, photo_id__in=photo_ids, user_id__in=user_ids)
        found |= set(rows.values_list("photo_id", "user_id"))
    return found


def _comments(comment_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    is_so = Q(deleted_at__isnull=True) | Q(deleted_at__gte=timezone.now() - GRACE)
    for shard, ids_there in buckets.by_shard(comment_ids).items():
        rows = Comment.objects.on(shard).filter(is_so, pk__in=ids_there)
        found |= set(rows.values_list("pk", flat=True))
    return found


def _followed(pairs: set[Pair]) -> set[Pair]:
    rows = Follow.objects.filter(
        follower_id__in={follower for follower, _ in pairs},
        followee_id__in={followee for _, followee in pairs},
    )
    return set(rows.values_list("follower_id", "followee_id"))


def _told(alias: str, subjects: set[str]) -> set[tuple[int, str]]:
    rows = Notification.objects.on(alias).filter(is_on=True, subject__in=subjects)
    return set(rows.values_list("owner_id", "subject"))


def _has_notification(owner_id: int, subject: str) -> bool:
    return bool(Notification.objects.of(owner_id).filter(is_on=True, subject=subject).exists())


def _pieces(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield rows in pieces of PIECE, by keyset: a walk of hours holds no transaction open."""
    last = 0
    while piece := list(rows.filter(pk__gt=last).order_by("pk")[:PIECE]):
        yield piece
        last = piece[-1].pk


CHECKS: tuple[Callable[[str], Iterator[Drift]], ...] = (
    counts,
    room,
    moving,
    likes,
    favourites,
    stale_notifications,
    missing_notifications,
)
