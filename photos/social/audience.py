"""Visibility in bulk: which of many photos one viewer may see, and which of many people may see one photo.

Both apply the rule of `photos.models.visibility_levels`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from accounts import blocking, blocks_cache
from accounts.models import Follow, User
from accounts.relationship import Relationship
from photos.models import Photo, visibility_levels
from photos.models.querysets import PhotoQuerySet
from sharding.gather import multiplex
from sharding.rows import buckets, ids


@dataclass(frozen=True)
class VisiblePhotos:
    """Photos by id; `missing` names shards that did not answer."""

    photos: dict[int, Photo]
    missing: list[str]


def visible(viewer: User, photo_ids: Iterable[int]) -> VisiblePhotos:
    """Return those of the photos that have a rendition and that `viewer` may see."""
    ids_on: dict[str, list[int]] = defaultdict(list)
    for photo_id in set(photo_ids):
        ids_on[buckets.shard_of(ids.bucket_of(photo_id))].append(photo_id)

    def rows_on(alias: str) -> PhotoQuerySet:
        return Photo.objects.on(alias).shown().filter(pk__in=ids_on[alias])

    gathered = multiplex.gather(rows_on, ids_on)
    photos = [photo for part in gathered.results.values() for photo in part]
    # Only of the owners whose photo is visible to followers alone: follows do not decide for the others.
    followed = _followed(
        viewer, {p.owner_id for p in photos if p.visibility in visibility_levels.FOR_FOLLOWERS}
    )
    blocked = blocks_cache.for_user(viewer).blocked_either_way

    def relationship_to(owner_id: int) -> Relationship:
        if owner_id == viewer.pk:
            return Relationship.OWNER
        if owner_id in blocked:
            return Relationship.BLOCKED
        return Relationship.FOLLOWER if owner_id in followed else Relationship.STRANGER

    reachable = visibility_levels.REACHABLE
    seen = {p.pk: p for p in photos if p.visibility in reachable[relationship_to(p.owner_id)]}
    return VisiblePhotos(seen, sorted(gathered.missing))


def viewers_among(photo: Photo, person_ids: set[int], *, author_id: int | None = None) -> set[int]:
    """Return those people who may see the photo and, with `author_id`, a comment of that author below it.

    Whether the photo has a rendition yet is not checked.
    """
    if not person_ids:
        return person_ids
    authors = {photo.owner_id} | ({author_id} if author_id is not None else set())
    candidates = person_ids - blocking.blocked_with(authors, person_ids)
    if photo.visibility in visibility_levels.REACHABLE[Relationship.STRANGER]:
        return candidates
    owner = candidates & {photo.owner_id}
    if photo.visibility not in visibility_levels.REACHABLE[Relationship.FOLLOWER]:
        return owner
    followers = Follow.objects.filter(followee_id=photo.owner_id, follower_id__in=candidates)
    return owner | set(followers.values_list("follower_id", flat=True))


def _followed(viewer: User, owner_ids: set[int]) -> set[int]:
    if not owner_ids:
        return set()
    follows = Follow.objects.filter(follower=viewer, followee_id__in=owner_ids)
    return set(follows.values_list("followee_id", flat=True))
