"""What somebody is to another person: the one question that every rule about whom something is shown to begins with."""

from enum import StrEnum

from accounts import blocks_cache
from accounts.follows import is_following
from accounts.models import User


class Tie(StrEnum):
    """What a visitor is to whoever owns what they look at."""

    OWNER = "owner"
    FOLLOWER = "follower"
    STRANGER = "stranger"
    APART = "apart"  # one of the two has blocked the other


def of(viewer: User | None, owner_id: int) -> Tie:
    """Return what `viewer` is to a person; somebody who is signed out is a stranger to everybody."""
    if viewer is None:
        return Tie.STRANGER
    if viewer.pk == owner_id:
        return Tie.OWNER
    if owner_id in blocks_cache.of(viewer).apart:
        return Tie.APART
    return Tie.FOLLOWER if is_following(viewer.pk, owner_id) else Tie.STRANGER
