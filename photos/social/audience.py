"""Who may see photos of many owners at once, and which people may see one photo: the rule of `levels`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from accounts import blocking, blocks_cache, people_cache, relationship
from accounts.models import Follow, User
from accounts.relationship import Relationship
from photos.models import Photo, State, visibility_levels
from photos.models.querysets import PhotoQuerySet
from sharding.gather import multiplex
from sharding.rows import buckets


@dataclass(frozen=True)
class VisiblePhotos:
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
    tie = relationship.between(viewer, owner.pk)
    return VisiblePhoto(photo, owner, tie) if may_open(photo, tie) else None


def may_open(photo: Photo, tie: Relationship) -> bool:
    """Return whether a viewer of this relationship may open the photo's page.

    The same rule as `PhotoQuerySet.reachable_by`, for a row that was read already.
    """
    if tie == Relationship.OWNER:
        return photo.trashed_at is None and photo.state != State.RESERVED
    return (
        photo.trashed_at is None and photo.is_shown and photo.visibility in visibility_levels.REACHABLE[tie]
    )


def visible(viewer: User, photo_ids: Iterable[int]) -> VisiblePhotos:
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

    def relationship_to(owner_id: int) -> Relationship:
        if owner_id == viewer.pk:
            return Relationship.OWNER
        if owner_id in blocks_cache.for_user(viewer).blocked_either_way:
            return Relationship.BLOCKED
        return Relationship.FOLLOWER if owner_id in followed else Relationship.STRANGER

    seen = {
        p.pk: p for p in photos if p.visibility in visibility_levels.REACHABLE[relationship_to(p.owner_id)]
    }
    return VisiblePhotos(seen, sorted(gathered.missing))


def viewers_among(photo: Photo, person_ids: set[int], *, author_id: int | None = None) -> set[int]:
    """Return those people who may see a photo once there is a picture of it, and what `author_id` says of it."""
    if not person_ids:
        return person_ids
    said_by = {photo.owner_id} | ({author_id} if author_id is not None else set())
    near = person_ids - blocking.blocked_with(said_by, person_ids)
    if photo.visibility in visibility_levels.REACHABLE[Relationship.STRANGER]:
        return near
    owner = near & {photo.owner_id}
    if photo.visibility not in visibility_levels.REACHABLE[Relationship.FOLLOWER]:
        return owner
    followers = Follow.objects.filter(followee_id=photo.owner_id, follower_id__in=near)
    return owner | set(followers.values_list("follower_id", flat=True))


def _followed(viewer: User, owner_ids: set[int]) -> set[int]:
    if not owner_ids:
        return set()
    follows = Follow.objects.filter(follower=viewer, followee_id__in=owner_ids)
    return set(follows.values_list("followee_id", flat=True))
