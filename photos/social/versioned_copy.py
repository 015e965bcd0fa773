"""Writing rows that copy a row of another shard: the newest version wins, in whatever order events arrive.

The writer reads the original with its version, then writes the copy. If another worker wrote a newer version in
between, that one stays. So an event that is delivered late, twice or out of order leads to the same copy.
"""

from collections.abc import Mapping
from typing import Any

from sharding.rows.managers import ShardedQuerySet

NO_VALUES: Mapping[str, Any] = {}


def write(
    rows: ShardedQuerySet[Any],
    identity: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    version: int,
    at_first: Mapping[str, Any] = NO_VALUES,
) -> bool:
    """Bring the one row with `identity` to `version` unless it has that or a newer one; return whether it changed.

    `rows` names the shard; `at_first` has the values that only a newly inserted row gets.
    """
    defaults = {"version": version, **values, **at_first}
    # Twice, because another worker may insert an older version between our UPDATE and our INSERT.
    for _ in range(2):
        if rows.filter(**identity, version__lt=version).update(version=version, **values):
            return True
        _, is_created = rows.get_or_create(**identity, defaults=defaults)
        if is_created:
            return True
    return False
