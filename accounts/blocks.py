"""The blocks and mutes that decide what one user sees of others, as sets of ids. Pure: no database, no cache."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

Row = tuple[str, int, int]  # (kind, person_id, other_id), the columns of Avoidance


@dataclass(frozen=True)
class Blocks:
    """Ids of the people blocked or muted by a user, and of those who have blocked the user."""

    blocked: frozenset[int]
    blocked_by: frozenset[int]
    muted: frozenset[int]

    @classmethod
    def from_rows(cls, user_id: int, rows: Iterable[Row]) -> Self:
        """Return the blocks of a user from the rows that name the user, in either column."""
        blocked, blocked_by, muted = set(), set(), set()
        for kind, person_id, other_id in rows:
            if kind == "mute":
                muted.add(other_id)
            elif person_id == user_id:
                blocked.add(other_id)
            else:
                blocked_by.add(person_id)
        return cls(frozenset(blocked), frozenset(blocked_by), frozenset(muted))

    @property
    def blocked_either_way(self) -> frozenset[int]:
        """Return the people separated from the user by a block: neither sees anything of the other."""
        return self.blocked | self.blocked_by
