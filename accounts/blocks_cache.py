"""Who keeps whom away, as every page asks of its visitor: kept in the cache (`sharding.readthrough`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Avoidance, User
from sharding.consistency.readthrough import Group

ASKED = "_kept_away"

Row = tuple[str, int, int]  # the kind, who keeps away, whom


@dataclass(frozen=True)
class Blocks:
    """The people whom somebody keeps away from, or who keep away from them, by id."""

    blocked: frozenset[int]
    blocked_by: frozenset[int]
    muted: frozenset[int]

    @property
    def blocked_either_way(self) -> frozenset[int]:
        """Those between whom and this person nothing is shown, whoever wanted it so."""
        return self.blocked | self.blocked_by


def for_user(user: User) -> Blocks:
    """Return whom somebody keeps away, and who blocked them; asked for once for each object, so once a request."""
    found: Blocks | None = user.__dict__.get(ASKED)
    if found is None:
        rows, me = BLOCKS.get(user.pk) or [], user.pk
        found = user.__dict__[ASKED] = Blocks(
            frozenset(other for kind, person, other in rows if kind == "block" and person == me),
            frozenset(person for kind, person, other in rows if kind == "block" and other == me),
            frozenset(other for kind, _, other in rows if kind == "mute"),
        )
    return found


def forget_read(*users: User) -> None:
    """Let these objects ask again: something has changed."""
    for user in users:
        user.__dict__.pop(ASKED, None)


def invalidate(user_ids: Iterable[int]) -> None:
    """Forget what is kept of these people."""
    BLOCKS.invalidate(user_ids)


def _rows(ids: list[int]) -> dict[int, list[Row]]:
    asked = ((user_id, Avoidance.objects.concerning(user_id)) for user_id in ids)
    return {user_id: list(rows.values_list("kind", "person_id", "other_id")) for user_id, rows in asked}


BLOCKS: Group[int, list[Row]] = Group("avoided", _rows, fresh_seconds=60)
