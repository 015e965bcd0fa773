"""How often somebody may do something: a count in the cache, which may forget it. Against floods, not against crime."""

from django.core.cache import cache


def is_too_fast(what: str, user_id: int, *, limit: int, seconds: int = 60, count: int = 1) -> bool:
    """Count more of `what`, one or `count`; return whether that is more than `limit` within `seconds`."""
    key = f"pace:{what}:{seconds}:{user_id}"
    if cache.add(key, count, seconds):
        return count > limit
    try:
        return int(cache.incr(key, count) or 0) > limit  # 0: a cache that is away counts nothing
    except ValueError:  # it was forgotten just now
        return False
