"""Rows that are copies of something on another shard: the newest version wins, in whatever order events arrive.

Whoever writes a copy reads what it is a copy of first, with its version, and then writes. Between the two somebody else
may have read and written something newer; that stays. So delivering an event late, twice or in any order ends the same.
"""

from collections.abc import Mapping
from typing import Any

from sharding.rows.managers import ShardedQuerySet

NOTHING: Mapping[str, Any] = {}


def write(
    rows: ShardedQuerySet[Any],
    identity: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    version: int,
    at_first: Mapping[str, Any] = NOTHING,
) -> bool:
    """Bring the one row of that identity to `version`, unless it has come further; return whether it changed.

    `rows` names the shard; `at_first` is what only a row that is new is given.
    """
    defaults = {"version": version, **values, **at_first}
    # Twice: somebody else may create the row, with an older version, after we have looked for it.
    for _ in range(2):
        if rows.filter(**identity, version__lt=version).update(version=version, **values):
            return True
        _, is_created = rows.get_or_create(**identity, defaults=defaults)
        if is_created:
            return True
    return False
