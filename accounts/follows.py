"""Following people."""

from django.db import transaction

from accounts.models import Follow, User


class FollowsThemself(Exception):
    """Nobody follows themself."""


def follow(follower: User, followee: User) -> bool:
    """Make `follower` follow `followee`; return False when they already did. Raises FollowsThemself."""
    if follower.pk == followee.pk:
        raise FollowsThemself
    with transaction.atomic(using="default"):
        _, created = Follow.objects.get_or_create(follower=follower, followee=followee)
    return created


def unfollow(follower: User, followee: User) -> bool:
    """Undo a follow; return False when there was none."""
    deleted, _ = Follow.objects.filter(follower=follower, followee=followee).delete()
    return bool(deleted)


def is_following(follower_id: int | None, followee_id: int) -> bool:
    """Return whether one follows the other; False for a signed-out visitor."""
    if follower_id is None:
        return False
    return Follow.objects.filter(follower_id=follower_id, followee_id=followee_id).exists()


def followee_ids(user: User, limit: int = 5_000) -> list[int]:
    """Return the ids of the people whom `user` follows, latest first."""
    follows = Follow.objects.filter(follower=user).order_by("-pk")
    return list(follows.values_list("followee_id", flat=True)[:limit])
