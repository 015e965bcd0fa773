"""The photos with the most likes of the last week: a cached ranking of each shard, merged into pages.

The cursor is the position (likes, photo id) of a page's last photo. A photo that keeps its position is neither left out
nor shown twice; one that falls meanwhile may be seen again further down.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from accounts.relations import blocks_cache
from photos.models import Like, Photo
from sharding.consistency.readthrough import Group
from sharding.gather import multiplex
from sharding.gather.keyset import Page
from sharding.gather.scatter import scatter
from sharding.rows import buckets, ids

SINCE = timedelta(weeks=1)
OF_EACH_SHARD = 400
SPARE = 3  # times as many liked photos are read, because some of them are not public
PAGE = 40

Position = tuple[int, int]  # (likes, photo id)


@dataclass(frozen=True)
class Popular:
    """A page of photos, most liked first; `likes` of its last photo are one half of the next page's cursor."""

    page: Page[Photo]
    likes: int


def page(viewer: User | None = None, *, below: Position | None = None, limit: int = PAGE) -> Popular:
    """Return public photos by their likes of the last week, without owners who block or are blocked by the viewer."""
    ranking, missing = _ranking()
    rest = [position for position in ranking if below is None or position < below]
    blocked = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    rows: list[tuple[Position, Photo]] = []
    while rest and len(rows) <= limit:
        positions, rest = rest[: limit + 1], rest[limit + 1 :]
        photos = _public([photo_id for _, photo_id in positions], blocked, missing)
        rows += [(position, photos[position[1]]) for position in positions if position[1] in photos]
    has_more = len(rows) > limit
    rows = rows[:limit]
    last = rows[-1][0] if rows else (0, 0)
    return Popular(Page([photo for _, photo in rows], last[1] if has_more else None, missing), last[0])


def around(photo_id: int, viewer: User | None, reach: int) -> list[tuple[Position, Photo]] | None:
    """Return the photos up to `reach` places before and behind one, and their positions; None if it is not ranked."""
    ranking, missing = _ranking()
    place = next((place for place, (_, ranked_id) in enumerate(ranking) if ranked_id == photo_id), None)
    if place is None:
        return None
    near = ranking[max(0, place - reach) : place + reach + 1]
    blocked = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    photos = _public([ranked_id for _, ranked_id in near], blocked, missing)
    return [(position, photos[position[1]]) for position in near if position[1] in photos]


def _ranking() -> tuple[list[Position], dict[str, str]]:
    """Return the positions of all shards, most liked first, and {alias: reason} of those that did not answer."""
    gathered = scatter(lambda alias: RANKING.get(alias) or [])
    positions = (position for part in gathered.results.values() for position in part)
    return sorted(positions, reverse=True), dict(gathered.missing)


def _public(photo_ids: list[int], blocked: frozenset[int], missing: dict[str, str]) -> dict[int, Photo]:
    """Return {id: photo} of those that are public now; add shards that do not answer to `missing`."""
    ids_on = buckets.by_shard(photo_ids)
    gathered = multiplex.gather(
        lambda alias: Photo.objects.on(alias).public().not_by(blocked).filter(pk__in=ids_on[alias]), ids_on
    )
    missing |= gathered.missing
    return {photo.pk: photo for part in gathered.results.values() for photo in part}


def _rank(aliases: list[str]) -> dict[str, list[Position]]:
    """Return {alias: positions of its most liked public photos}."""
    since = ids.first_id_at(timezone.now() - SINCE)  # ids begin with the time, so a week is a range of them
    rankings = {}
    for alias in aliases:
        likes = Like.objects.on(alias).filter(pk__gte=since, is_on=True)
        counted = likes.values("photo_id").annotate(likes=Count("pk")).order_by("-likes", "-photo_id")
        positions = list(counted.values_list("likes", "photo_id")[: OF_EACH_SHARD * SPARE])
        rows = Photo.objects.on(alias).public().filter(pk__in=[photo_id for _, photo_id in positions])
        public = set(rows.values_list("pk", flat=True))
        rankings[alias] = [position for position in positions if position[1] in public][:OF_EACH_SHARD]
    return rankings


RANKING: Group[str, list[Position]] = Group(
    "popular", _rank, fresh_seconds=300, primary_of=lambda alias: alias
)
