"""Notifications: one row for each recipient and subject, on the recipient's shard.

Event handlers write them from what is true at that moment. A row is identified by its subject and has the subject's
version, so events may be late, repeated and in any order. Each row carries a causal token of its subject: its reader is
not sent to a replica that lacks the comment or like.
"""

from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from accounts.models import Follow, User
from accounts.relations import blocking
from photos.models import Comment, Kind, Notification
from photos.social import likes, versioned_copy
from sharding.consistency import causal, token_handover, tokens
from sharding.consistency.readthrough import Group
from sharding.rows import buckets
from sharding.rows.managers import ShardedQuerySet

UNREAD_UP_TO = 99
LATEST = 200


@dataclass(frozen=True)
class Notice:
    """The values of one notification; `subject` identifies the like, comment or follow that has this `version`."""

    owner_id: int
    actor_id: int
    kind: Kind
    subject: str
    version: int
    is_on: bool
    photo_id: int | None = None
    comment_id: int | None = None


def write(notice: Notice) -> bool:
    """Write the notification unless a newer version is stored; return whether that changed anything.

    A like or follow that is ended and repeated stays read. A notification of a person the recipient has blocked or
    muted is written as read.
    """
    now = timezone.now()
    with causal.pin():
        is_silent = blocking.is_silenced(notice.owner_id, notice.actor_id)
    is_changed = versioned_copy.write(
        Notification.objects.of(notice.owner_id),
        {"owner_id": notice.owner_id, "subject": notice.subject},
        {"kind": notice.kind, "is_on": notice.is_on, "token": tokens.dump(token_handover.current_token())},
        version=notice.version,
        at_first={
            "actor_id": notice.actor_id,
            "photo_id": notice.photo_id,
            "comment_id": notice.comment_id,
            "made_at": now,
            "read_at": now if is_silent else None,
        },
    )
    UNREAD.invalidate([notice.owner_id])
    return is_changed


def tell_failed(owner_id: int, photo_id: int, attempt: int) -> None:
    """Notify an owner that a photo failed, within the caller's transaction; once until they have read it.

    One notification stands for all that fails meanwhile: its line counts the owner's failed photos of that moment.
    """
    if not _shown(owner_id).filter(kind=Kind.FAILED, read_at__isnull=True).exists():
        Notification(
            owner_id=owner_id,
            actor_id=owner_id,
            kind=Kind.FAILED,
            subject=f"failed:{photo_id}:{attempt}",
            version=1,
            made_at=timezone.now(),
        ).save()
    UNREAD.invalidate([owner_id])


def for_like(like: likes.LikeState) -> list[Notice]:
    """Return the notice of a like to the photo's owner; none for a like of one's own photo."""
    if not like.version or like.user_id == like.photo_owner_id:
        return []
    return [
        Notice(
            owner_id=like.photo_owner_id,
            actor_id=like.user_id,
            kind=Kind.LIKED,
            subject=f"like:{like.photo_id}:{like.user_id}",
            version=like.version,
            is_on=like.is_on,
            photo_id=like.photo_id,
        )
    ]


def for_comment(comment_id: int) -> list[Notice]:
    """Return the notices of a comment, read from its primary; none when the comment is gone.

    One for each person, of the first kind that applies: replied to, mentioned, owner of the photo.
    """
    with causal.pin():
        rows = Comment.objects.locate(comment_id).values_list("parent__author_id", "photo__owner_id")
        comment: Comment | None = Comment.objects.locate(comment_id).first()
        parent_and_owner = rows.first()
    if comment is None or parent_and_owner is None or comment.author_id is None:
        return []
    parent_author_id, owner_id = parent_and_owner
    kinds = {owner_id: Kind.COMMENTED}
    kinds |= dict.fromkeys(comment.mentioned_ids, Kind.MENTIONED)
    kinds |= {parent_author_id: Kind.REPLIED} if parent_author_id is not None else {}
    kinds.pop(comment.author_id, None)
    with causal.pin():
        active_ids = set(User.objects.filter(pk__in=kinds, is_active=True).values_list("pk", flat=True))
    return [
        Notice(
            owner_id=person_id,
            actor_id=comment.author_id,
            kind=kind,
            subject=f"comment:{comment_id}",
            version=comment.version,
            is_on=comment.deleted_at is None,
            photo_id=comment.photo_id,
            comment_id=comment_id,
        )
        for person_id, kind in kinds.items()
        if person_id in active_ids
    ]


def for_follow(follower_id: int, followee_id: int, event_id: int) -> list[Notice]:
    """Return the notice of a follow or of its end; its version is the event's id, given under a lock."""
    with causal.pin():
        are_both_there = User.objects.filter(pk__in=[follower_id, followee_id]).count() == 2
        is_on = Follow.objects.filter(follower_id=follower_id, followee_id=followee_id).exists()
    if not are_both_there:
        return []
    return [
        Notice(
            owner_id=followee_id,
            actor_id=follower_id,
            kind=Kind.FOLLOWED,
            subject=f"follow:{follower_id}",
            version=event_id,
            is_on=is_on,
        )
    ]


def latest(user_id: int, limit: int = LATEST) -> list[Notification]:
    """Return a user's notifications, newest first; later reads of this request see at least what their tokens name."""
    rows = list(_shown(user_id).order_by("-pk")[:limit])
    causal.current().accept(tokens.merge(*(tokens.load(row.token) for row in rows)))
    return rows


def unread_count(user_id: int) -> int:
    """Return the number of unread notifications, up to UNREAD_UP_TO; 0 while the user's shard does not answer."""
    try:
        return UNREAD.get(user_id) or 0
    except (DatabaseError, InterfaceError):  # the page matters more than its badge
        return 0


def mark_read(user_id: int, until: int) -> int:
    """Mark notifications as read, up to the row with the id `until`; return how many were unread."""
    unread = _shown(user_id).filter(pk__lte=until, read_at__isnull=True)
    marked = int(unread.update(read_at=timezone.now()))
    UNREAD.invalidate([user_id])
    return marked


def silence(user_id: int, actor_id: int) -> int:
    """Mark a user's notifications of one actor as read, after a block or mute; return how many were unread."""
    unread = _shown(user_id).filter(actor_id=actor_id, read_at__isnull=True)
    marked = int(unread.update(read_at=timezone.now()))
    UNREAD.invalidate([user_id])
    return marked


def forget_photo(alias: str, photo_id: int) -> int:
    """Delete the notifications of a deleted photo on one shard; return how many."""
    rows = Notification.objects.on(alias).filter(photo_id=photo_id)
    recipients = set(rows.values_list("owner_id", flat=True))
    deleted = int(rows.delete()[0])
    UNREAD.invalidate(recipients)
    return deleted


def _shown(user_id: int) -> ShardedQuerySet[Notification]:
    return Notification.objects.of(user_id).filter(is_on=True)


def _load_unread(user_ids: list[int]) -> dict[int, int]:
    return {
        user_id: int(_shown(user_id).filter(read_at__isnull=True)[:UNREAD_UP_TO].count())
        for user_id in user_ids
    }


UNREAD: Group[int, int] = Group("unread", _load_unread, fresh_seconds=30, primary_of=buckets.shard_for_owner)
