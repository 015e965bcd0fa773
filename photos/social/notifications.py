"""Telling people what others did: one row each, where the person lives who is told.

Written by events, from what is true when the event is acted on; a row is known by its subject and has the version of
that, so events may be late, repeated and in any order. It carries the token of what it tells: whoever reads it is not
sent to a replica that has not heard of it.
"""

from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from accounts import blocking
from accounts.models import Follow, User
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
    """What one person is told by a row: `subject` names what it is the copy of, `version` how new that is."""

    owner_id: int
    actor_id: int
    kind: Kind
    subject: str
    version: int
    is_on: bool
    photo_id: int | None = None
    comment_id: int | None = None


def write(notice: Notice) -> bool:
    """Write it, unless something newer is written; return whether that changed anything.

    What is taken back and done again is not told anew: it stays read. What somebody does whom a person has blocked or
    muted is written as read, so that it makes no noise.
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


def for_like(seen: likes.LikeState) -> list[Notice]:
    """Return what a like tells: the photo's owner, unless it is their own."""
    if not seen.version or seen.user_id == seen.photo_owner_id:
        return []
    return [
        Notice(
            owner_id=seen.photo_owner_id,
            actor_id=seen.user_id,
            kind=Kind.LIKED,
            subject=f"like:{seen.photo_id}:{seen.user_id}",
            version=seen.version,
            is_on=seen.is_on,
            photo_id=seen.photo_id,
        )
    ]


def for_comment(comment_id: int) -> list[Notice]:
    """Return what a comment tells to whom, as its primary has it now; nothing when the comment is gone.

    Each person is told one thing: that they were answered, or else mentioned, or else that it is their photo.
    """
    with causal.pin():
        rows = Comment.objects.locate(comment_id).values_list("parent__author_id", "photo__owner_id")
        comment: Comment | None = Comment.objects.locate(comment_id).first()
        around = rows.first()
    if comment is None or around is None or comment.author_id is None:
        return []
    parent_author_id, owner_id = around
    kinds = {owner_id: Kind.COMMENTED}
    kinds |= dict.fromkeys(comment.mentioned_ids, Kind.MENTIONED)
    kinds |= {parent_author_id: Kind.REPLIED} if parent_author_id is not None else {}
    kinds.pop(comment.author_id, None)
    with causal.pin():  # who is not here any more is told nothing
        here = set(User.objects.filter(pk__in=kinds, is_active=True).values_list("pk", flat=True))
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
        if person_id in here
    ]


def for_follow(follower_id: int, followee_id: int, event_id: int) -> list[Notice]:
    """Return what a follow, or its end, tells. Its version is the event: they are numbered under the row's lock."""
    with causal.pin():
        are_here = User.objects.filter(pk__in=[follower_id, followee_id]).count() == 2
        is_on = Follow.objects.filter(follower_id=follower_id, followee_id=followee_id).exists()
    if not are_here:
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
    """Return what somebody was told, newest first, and read from now on what these promise."""
    found = list(_of(user_id).order_by("-pk")[:limit])
    causal.current().accept(tokens.merge(*(tokens.load(row.token) for row in found)))
    return found


def unread_count(user_id: int) -> int:
    """Return how much somebody has not read, up to UNREAD_UP_TO; 0 while their shard does not answer."""
    try:
        return UNREAD.get(user_id) or 0
    except (DatabaseError, InterfaceError):  # a number in a corner must not cost the page
        return 0


def mark_read(user_id: int, until: int) -> int:
    """Note that somebody has seen everything up to that row; return how much of it was new."""
    unread = _of(user_id).filter(pk__lte=until, read_at__isnull=True)
    seen = int(unread.update(read_at=timezone.now()))
    UNREAD.invalidate([user_id])
    return seen


def silence(user_id: int, actor_id: int) -> int:
    """Take the noise from what somebody was told of a person whom they avoid; return how much there was."""
    unread = _of(user_id).filter(actor_id=actor_id, read_at__isnull=True)
    hushed = int(unread.update(read_at=timezone.now()))
    UNREAD.invalidate([user_id])
    return hushed


def forget_photo(alias: str, photo_id: int) -> int:
    """Delete what people of a shard were told of a photo that is gone; return how much that was."""
    rows = Notification.objects.on(alias).filter(photo_id=photo_id)
    told = set(rows.values_list("owner_id", flat=True))
    deleted = int(rows.delete()[0])
    UNREAD.invalidate(told)
    return deleted


def _of(user_id: int) -> ShardedQuerySet[Notification]:
    return Notification.objects.of(user_id).filter(is_on=True)


def _unread(user_ids: list[int]) -> dict[int, int]:
    return {
        user_id: int(_of(user_id).filter(read_at__isnull=True)[:UNREAD_UP_TO].count()) for user_id in user_ids
    }


UNREAD: Group[int, int] = Group("unread", _unread, fresh_seconds=30, primary_of=buckets.shard_for_owner)
