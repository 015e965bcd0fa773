"""Who may see photos of many owners at once, and which people may see one photo: the rule of `levels`."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts import blocking, blocks_cache
from accounts.models import Follow, User
from accounts.relationship import Tie
from photos.models import Photo, visibility_levels
from photos.models.querysets import PhotoQuerySet
from sharding.gather import multiplex
from sharding.rows import buckets


@dataclass(frozen=True)
class Found:
    """Photos by id; `missing` names shards that did not answer."""

    photos: dict[int, Photo]
    missing: list[str]


def visible(viewer: User, photo_ids: Iterable[int]) -> Found:
    """Return those photos that `viewer` may see and that there is a picture of."""
    ids_on = buckets.by_shard(set(photo_ids))

    def rows_on(alias: str) -> PhotoQuerySet:
        return Photo.objects.on(alias).shown().filter(pk__in=ids_on[alias])

    gathered = multiplex.gather(rows_on, ids_on)
    photos = [photo for part in gathered.results.values() for photo in part]
    # Asked for only where it decides something.
    followed = _followed(
        viewer, {p.owner_id for p in photos if p.visibility in visibility_levels.FOR_FOLLOWERS}
    )

    def tie_to(owner_id: int) -> Tie:
        if owner_id == viewer.pk:
            return Tie.OWNER
        if owner_id in blocks_cache.of(viewer).apart:
            return Tie.APART
        return Tie.FOLLOWER if owner_id in followed else Tie.STRANGER

    seen = {p.pk: p for p in photos if p.visibility in visibility_levels.REACHABLE[tie_to(p.owner_id)]}
    return Found(seen, sorted(gathered.missing))


def of(photo: Photo, person_ids: set[int], *, author_id: int | None = None) -> set[int]:
    """Return those people who may see a photo once there is a picture of it, and what `author_id` says of it."""
    if not person_ids:
        return person_ids
    said_by = {photo.owner_id} | ({author_id} if author_id is not None else set())
    near = person_ids - blocking.apart_from(said_by, person_ids)
    if photo.visibility in visibility_levels.REACHABLE[Tie.STRANGER]:
        return near
    owner = near & {photo.owner_id}
    if photo.visibility not in visibility_levels.REACHABLE[Tie.FOLLOWER]:
        return owner
    followers = Follow.objects.filter(followee_id=photo.owner_id, follower_id__in=near)
    return owner | set(followers.values_list("follower_id", flat=True))


def _followed(viewer: User, owner_ids: set[int]) -> set[int]:
    if not owner_ids:
        return set()
    follows = Follow.objects.filter(follower=viewer, followee_id__in=owner_ids)
    return set(follows.values_list("followee_id", flat=True))
