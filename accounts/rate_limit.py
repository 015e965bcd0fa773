"""A rate limit for each user and action, counted in the cache; `RATE_LIMITS` in the settings is the table of all.

A soft limit against accidental floods: the cache may lose counts, so do not use it for security.
"""

from django.conf import settings
from django.core.cache import cache


def is_too_fast(what: str, user_id: int, *, count: int = 1, by: str = "") -> bool:
    """Add `count` to the user's counts of `what`; return whether one of them is now above its limit.

    `what` is a key of RATE_LIMITS. `by` tells kinds of users apart whose ids may be equal.
    """
    name = f"{what}:{by}" if by else what
    counted = [
        _is_above(limit, f"pace:{name}:{seconds}:{user_id}", count, seconds)
        for seconds, limit in settings.RATE_LIMITS[what].items()
    ]
    return any(counted)


def _is_above(limit: int, key: str, count: int, seconds: int) -> bool:
    if cache.add(key, count, seconds):
        return count > limit
    try:
        return int(cache.incr(key, count) or 0) > limit  # 0: Valkey does not answer
    except ValueError:  # the key expired between the two calls
        return False
