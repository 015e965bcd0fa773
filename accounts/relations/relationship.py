"""The relationship of a visitor to an owner: the input of every rule about who may see what."""

from enum import StrEnum

from accounts.models import User
from accounts.relations import blocks_cache
from accounts.relations.follows import is_following


class Relationship(StrEnum):
    """What a visitor is to the owner of the page or photo."""

    OWNER = "owner"
    FOLLOWER = "follower"
    STRANGER = "stranger"
    BLOCKED = "apart"  # one of the two has blocked the other


def between(viewer: User | None, owner_id: int) -> Relationship:
    """Return what `viewer` is to an owner; a signed-out visitor (None) is a stranger."""
    if viewer is None:
        return Relationship.STRANGER
    if viewer.pk == owner_id:
        return Relationship.OWNER
    if owner_id in blocks_cache.for_user(viewer).blocked_either_way:
        return Relationship.BLOCKED
    return Relationship.FOLLOWER if is_following(viewer.pk, owner_id) else Relationship.STRANGER
