"""What was liked most in the last week: each shard's ranking, kept in the cache for some minutes, and pages of all.

A page goes on below the last photo's likes and id. What keeps its place meanwhile is neither left out nor shown twice;
what falls may be seen again further down."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from accounts import blocks_cache
from accounts.models import User
from photos.models import Like, Photo
from sharding.consistency.readthrough import Group
from sharding.gather import multiplex
from sharding.gather.keyset import Page
from sharding.gather.scatter import scatter
from sharding.rows import buckets, ids

SINCE = timedelta(weeks=1)
OF_EACH_SHARD = 400
SPARE = 3  # not all that is liked is for all eyes
PAGE = 40

Place = tuple[int, int]  # likes, photo


@dataclass(frozen=True)
class Popular:
    """A page of photos, most liked first, and the likes of its last, below which the next one begins."""

    page: Page[Photo]
    likes: int


def page(viewer: User | None = None, *, below: Place | None = None, limit: int = PAGE) -> Popular:
    """Return everybody's public photos by the likes of the last week, without those of whom a block keeps apart."""
    gathered = scatter(lambda alias: RANKING.get(alias) or [])
    places = sorted((place for part in gathered.results.values() for place in part), reverse=True)
    rest = [place for place in places if below is None or place < below]
    apart = blocks_cache.for_user(viewer).blocked_either_way if viewer else frozenset()
    missing = dict(gathered.missing)
    shown: list[tuple[Place, Photo]] = []
    while rest and len(shown) <= limit:
        asked, rest = rest[: limit + 1], rest[limit + 1 :]
        photos = _public([photo_id for _, photo_id in asked], apart, missing)
        shown += [(place, photos[place[1]]) for place in asked if place[1] in photos]
    has_more = len(shown) > limit
    shown = shown[:limit]
    last = shown[-1][0] if shown else (0, 0)
    return Popular(Page([photo for _, photo in shown], last[1] if has_more else None, missing), last[0])


def _public(photo_ids: list[int], apart: frozenset[int], missing: dict[str, str]) -> dict[int, Photo]:
    ids_on = buckets.by_shard(photo_ids)
    gathered = multiplex.gather(
        lambda alias: Photo.objects.on(alias).public().not_by(apart).filter(pk__in=ids_on[alias]), ids_on
    )
    missing |= gathered.missing
    return {photo.pk: photo for part in gathered.results.values() for photo in part}


def _rank(aliases: list[str]) -> dict[str, list[Place]]:
    """Return the most liked public photos of shards; ids of likes begin with their time: a week is a range of them."""
    since = ids.first_id_at(timezone.now() - SINCE)
    found = {}
    for alias in aliases:
        likes = Like.objects.on(alias).filter(pk__gte=since, is_on=True)
        counted = likes.values("photo_id").annotate(likes=Count("pk")).order_by("-likes", "-photo_id")
        places = list(counted.values_list("likes", "photo_id")[: OF_EACH_SHARD * SPARE])
        rows = Photo.objects.on(alias).public().filter(pk__in=[photo_id for _, photo_id in places])
        public = set(rows.values_list("pk", flat=True))
        found[alias] = [place for place in places if place[1] in public][:OF_EACH_SHARD]
    return found


RANKING: Group[str, list[Place]] = Group("popular", _rank, fresh_seconds=300, primary_of=lambda alias: alias)
