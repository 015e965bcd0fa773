"""How often somebody may do something: a count in the cache, which may forget it. Against floods, not against crime."""

from django.core.cache import cache


def is_too_fast(what: str, user_id: int, *, limit: int, seconds: int = 60) -> bool:
    """Count one more of `what`; return whether that is more than `limit` within `seconds`."""
    key = f"pace:{what}:{user_id}"
    if cache.add(key, 1, seconds):
        return False
    try:
        return int(cache.incr(key) or 0) > limit  # 0: a cache that is away counts nothing
    except ValueError:  # it was forgotten just now
        return False
