"""Groups of an owner's photos that look alike, found by their perceptual hashes when the owner asks.

Identical bytes are one photo anyway (constraint `photo_once_per_owner`); a group holds other sizes, formats and shots.
Photos go into the trash only as the owner chooses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from photos.imaging import similarity
from photos.library import bulk
from photos.models import Act, Photo, ToldApart

GROUPS = 12
SHOWN_OF_GROUP = 24

Apart = Mapping[int, list[frozenset[int]]]  # {photo id: the sets of photos told apart that contain it}


class NothingKept(ValueError):
    """The owner chose to keep no photo of a group."""


@dataclass(frozen=True)
class Group:
    """Photos that look alike, newest first. `best` has the most pixels; `others` counts the photos not shown."""

    photos: list[Photo]
    best: Photo
    others: int


@dataclass(frozen=True)
class Page:
    """Groups, the one with the newest photo first; the number of all groups; the cursor of the next page."""

    groups: list[Group]
    total: int
    next_cursor: int | None


def page(owner_id: int, *, before: int | None = None) -> Page:
    """Return up to GROUPS groups whose newest photo is older than the id `before`."""
    apart = told_apart(owner_id)
    all_groups = find_groups(owner_id, apart)
    rest = [group for group in all_groups if before is None or group[0] < before]
    page_groups = rest[:GROUPS]
    fronts = [_front(group, apart) for group in page_groups]
    rows = Photo.objects.of(owner_id).filter(pk__in=[pk for front in fronts for pk in front])
    photos = {photo.pk: photo for photo in rows}
    groups = [
        _group([photos[pk] for pk in front if pk in photos], len(group))
        for front, group in zip(fronts, page_groups, strict=True)
    ]
    return Page(
        [group for group in groups if len(group.photos) > 1],
        len(all_groups),
        page_groups[-1][0] if len(rest) > GROUPS else None,
    )


def find_groups(owner_id: int, apart: Apart) -> list[list[int]]:
    """Return the ids of an owner's photos that look alike, in groups, newest first; without those told apart."""
    own = Photo.objects.of(owner_id).shown().filter(perceptual_hash__isnull=False)
    hashes: Any = own.values_list("pk", "perceptual_hash")  # Any: the type allows null, the filter does not
    groups = similarity.without_told_apart(similarity.similar_groups(dict(hashes)), apart)
    return sorted((group[::-1] for group in groups), reverse=True)


def told_apart(owner_id: int) -> Apart:
    """Return the photos that an owner has told apart."""
    apart: dict[int, list[frozenset[int]]] = defaultdict(list)
    for photo_ids in ToldApart.objects.of(owner_id).values_list("photo_ids", flat=True):
        told_together = frozenset(photo_ids)
        for photo_id in told_together:
            apart[photo_id].append(told_together)
    return dict(apart)


def keep(owner_id: int, photo_ids: Iterable[int], *, kept: Iterable[int]) -> Act | None:
    """Put the photos of a group that are not in `kept` into the trash; None when all are kept. Raises NothingKept."""
    group, stay = set(photo_ids), set(kept)
    if not group & stay:
        raise NothingKept
    return bulk.put_in_trash(owner_id, group - stay) if group - stay else None


def _front(group: list[int], apart: Apart) -> list[int]:
    """Return the SHOWN_OF_GROUP photos of a group to show, newest first; photos never told apart are preferred."""
    return sorted(sorted(group, key=apart.__contains__)[:SHOWN_OF_GROUP], reverse=True)


def _group(photos: list[Photo], size: int) -> Group:
    best = max(
        photos, key=lambda each: ((each.width or 0) * (each.height or 0), each.original_bytes, -each.pk)
    )
    return Group(photos, best, size - len(photos))
