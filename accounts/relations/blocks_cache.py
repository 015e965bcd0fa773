"""A user's blocks and mutes from the cache (`sharding.consistency.readthrough`): every page needs its visitor's."""

from collections.abc import Iterable

from accounts.blocks import Blocks, Row
from accounts.models import Avoidance, User
from sharding.consistency.readthrough import Group


def for_user(user: User) -> Blocks:
    """Return the blocks and mutes of a user; read once for each User object, so once a request."""
    if user.blocks is None:
        user.blocks = Blocks.from_rows(user.pk, BLOCKS.get(user.pk) or [])
    return user.blocks


def forget_read(*users: User) -> None:
    """Let `for_user` read again for these objects, because the caller has just changed their blocks."""
    for user in users:
        user.blocks = None


def invalidate(user_ids: Iterable[int]) -> None:
    """End the cached blocks of these users, on every pod."""
    BLOCKS.invalidate(user_ids)


def _load(user_ids: list[int]) -> dict[int, list[Row]]:
    rows_of = {user_id: Avoidance.objects.concerning(user_id) for user_id in user_ids}
    return {
        user_id: list(rows.values_list("kind", "person_id", "other_id")) for user_id, rows in rows_of.items()
    }


BLOCKS: Group[int, list[Row]] = Group("avoided", _load, fresh_seconds=60)
