"""Following people. What follows from it elsewhere is owed by an event in the same transaction."""

from accounts import known
from accounts.models import Avoidance, Follow, User
from sharding import outbox
from sharding.placement import DIRECTORY
from sharding.transactions import shard_atomic

CHANGED = "follow.changed"


class FollowsThemself(Exception):
    """Nobody follows themself."""


class Apart(Exception):
    """One of the two has blocked the other."""


def follow(follower: User, followee: User) -> bool:
    """Make `follower` follow `followee`; return False when they already did. Raises FollowsThemself, Apart."""
    if follower.pk == followee.pk:
        raise FollowsThemself
    with shard_atomic(alias=DIRECTORY):
        _, created = Follow.objects.get_or_create(follower=follower, followee=followee)
        # Only now: a block locks both people, and is committed by the time the row above is in.
        if Avoidance.objects.blocks_between([follower.pk], [followee.pk]).exists():
            raise Apart
        if created:
            _owe(follower, followee)
    return created


def unfollow(follower: User, followee: User) -> bool:
    """Undo a follow; return False when there was none."""
    with shard_atomic(alias=DIRECTORY):
        deleted, _ = Follow.objects.filter(follower=follower, followee=followee).delete()
        if deleted:
            _owe(follower, followee)
    return bool(deleted)


def is_following(follower_id: int | None, followee_id: int) -> bool:
    """Return whether one follows the other; False for a signed-out visitor."""
    if follower_id is None:
        return False
    return Follow.objects.filter(follower_id=follower_id, followee_id=followee_id).exists()


def followee_ids(user: User) -> list[int]:
    """Return the ids of the people whom `user` follows, latest first; up to `known.FOLLOWED_UP_TO`."""
    return known.followees(user.pk).ids


def feed_ids(user: User, limit: int = 5_000) -> list[int]:
    """Return the ids of those whom `user` follows and has not muted, latest first: whose photos the feed is made of."""
    muted = Avoidance.objects.filter(person=user, kind=Avoidance.Kind.MUTE).values("other_id")
    follows = Follow.objects.filter(follower=user).exclude(followee_id__in=muted).order_by("-pk")
    return list(follows.values_list("followee_id", flat=True)[:limit])


def _owe(follower: User, followee: User) -> None:
    outbox.add_to_directory(CHANGED, {"follower_id": follower.pk, "followee_id": followee.pk})
