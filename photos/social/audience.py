"""Visibility checks: one photo for a viewer, many photos for a viewer, and one photo for many people.

All apply the rule of `photos.models.visibility_levels`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from accounts.models import Follow, User
from accounts.relations import blocking, blocks_cache, people_cache, relationship
from accounts.relations.relationship import Relationship
from photos.models import Photo, State, visibility_levels
from photos.models.querysets import PhotoQuerySet
from sharding.gather import multiplex
from sharding.rows import buckets


@dataclass(frozen=True)
class GatheredPhotos:
    """Photos by id; `missing` names shards that did not answer."""

    photos: dict[int, Photo]
    missing: list[str]


class VisiblePhoto(NamedTuple):
    """A photo, its active owner, and what the viewer is to the owner."""

    photo: Photo
    owner: User
    relationship: Relationship


def load_visible(photo_id: int, viewer: User | None) -> VisiblePhoto | None:
    """Return the photo if `viewer` may open its page; None otherwise, and when its owner is not active."""
    photo: Photo | None = Photo.objects.locate(photo_id).first()
    owner = people_cache.find_active(photo.owner_id) if photo else None
    if photo is None or owner is None:
        return None
    relation = relationship.between(viewer, owner.pk)
    return VisiblePhoto(photo, owner, relation) if may_open(photo, relation) else None


def may_open(photo: Photo, relation: Relationship) -> bool:
    """Return whether a viewer of this relationship may open the photo's page.

    The same rule as `PhotoQuerySet.reachable_by`, for a row that was read already.
    """
    if relation == Relationship.OWNER:
        return photo.trashed_at is None and photo.state != State.RESERVED
    return (
        photo.trashed_at is None
        and photo.is_shown
        and photo.visibility in visibility_levels.REACHABLE[relation]
    )


def visible(viewer: User, photo_ids: Iterable[int]) -> GatheredPhotos:
    """Return those of the photos that have a rendition and that `viewer` may see."""
    ids_on = buckets.by_shard(set(photo_ids))

    def rows_on(alias: str) -> PhotoQuerySet[Photo]:
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
    return GatheredPhotos(seen, sorted(gathered.missing))


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
