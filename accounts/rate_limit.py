"""A rate limit for each user and action, counted in the cache.

A soft limit against accidental floods: the cache may lose counts, so do not use it for security.
"""

from django.core.cache import cache


def is_too_fast(what: str, user_id: int, *, limit: int, seconds: int = 60, count: int = 1) -> bool:
    """Add `count` to the user's count of `what`; return whether it is now above `limit` within `seconds`."""
    key = f"pace:{what}:{seconds}:{user_id}"
    if cache.add(key, count, seconds):
        return count > limit
    try:
        return int(cache.incr(key, count) or 0) > limit  # 0: Valkey does not answer
    except ValueError:  # the key expired between the two calls
        return False
