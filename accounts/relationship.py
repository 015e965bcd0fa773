"""What somebody is to another person: the one question that every rule about whom something is shown to begins with."""

from enum import StrEnum

from accounts import blocks_cache
from accounts.follows import is_following
from accounts.models import User


class Relationship(StrEnum):
    """What a visitor is to whoever owns what they look at."""

    OWNER = "owner"
    FOLLOWER = "follower"
    STRANGER = "stranger"
    BLOCKED = "apart"  # one of the two has blocked the other


def between(viewer: User | None, owner_id: int) -> Relationship:
    """Return what `viewer` is to a person; somebody who is signed out is a stranger to everybody."""
    if viewer is None:
        return Relationship.STRANGER
    if viewer.pk == owner_id:
        return Relationship.OWNER
    if owner_id in blocks_cache.for_user(viewer).blocked_either_way:
        return Relationship.BLOCKED
    return Relationship.FOLLOWER if is_following(viewer.pk, owner_id) else Relationship.STRANGER
