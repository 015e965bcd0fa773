"""What a visitor is told when a part of an answer is missing: whose photos, not which server."""

from collections.abc import Iterable

from accounts import known
from sharding import buckets, ids

COMFORT = "Nothing is lost; they come back by themselves."
_SHARES = {0.25: "a quarter", 1 / 3: "a third", 0.5: "half", 2 / 3: "two thirds", 0.75: "three quarters"}


def of_everybody(shards: Iterable[str]) -> str:
    """Return a sentence on how many people's photos are missing with these shards; "" for none."""
    gone = set(shards)
    if not gone:
        return ""
    share = sum(buckets.shard_of(bucket) in gone for bucket in range(ids.BUCKETS)) / ids.BUCKETS
    if share > 0.9:
        return f"Everybody's photos are out of reach for a moment. {COMFORT}"
    if share < 0.15:
        return f"The photos of some people are out of reach for a moment. {COMFORT}"
    words = _SHARES[min(_SHARES, key=lambda known: abs(known - share))]
    return f"The photos of about {words} of all people are out of reach for a moment. {COMFORT}"


def of_people(owner_ids: Iterable[int], *, viewer_id: int) -> str:
    """Return a sentence that names whose photos are missing; "" for nobody's."""
    gone = list(owner_ids)
    if not gone:
        return ""
    others = [owner_id for owner_id in gone if owner_id != viewer_id]
    named = known.people(others[:2])
    names = [named[owner_id].display_name() for owner_id in others[:2] if owner_id in named]
    if viewer_id in gone:
        names.insert(0, "you")
    rest = len(gone) - len(names)
    if rest:
        names.append(f"{rest} other{'s' if rest > 1 else ''}")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Photos by {listed} are out of reach for a moment. {COMFORT}"
