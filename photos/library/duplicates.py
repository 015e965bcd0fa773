"""Photos of one owner that look alike: found when they ask, and put into the trash only as they choose.

The same bytes are one photo anyway (`photo_once_per_owner`); these are other sizes, formats and shots of one thing.
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


Apart = Mapping[int, list[frozenset[int]]]


class NothingKept(ValueError):
    """All of a group would go."""


@dataclass(frozen=True)
class Group:
    """Photos that look alike, the newest first; `best` has the most pixels. `others` are not shown for now."""

    photos: list[Photo]
    best: Photo
    others: int


@dataclass(frozen=True)
class Page:
    """Groups, those with the newest photo first; how many there are; below which photo the next page begins."""

    groups: list[Group]
    total: int
    next_cursor: int | None


def page(owner_id: int, *, before: int | None = None) -> Page:
    """Return some groups of an owner's photos."""
    apart = told_apart(owner_id)
    found = find(owner_id, apart)
    rest = [group for group in found if before is None or group[0] < before]
    shown = rest[:GROUPS]
    fronts = [_front(group, apart) for group in shown]
    rows = Photo.objects.of(owner_id).filter(pk__in=[pk for front in fronts for pk in front])
    photos = {photo.pk: photo for photo in rows}
    groups = [
        _group([photos[pk] for pk in front if pk in photos], len(group))
        for front, group in zip(fronts, shown, strict=True)
    ]
    return Page(
        [group for group in groups if len(group.photos) > 1],
        len(found),
        shown[-1][0] if len(rest) > GROUPS else None,
    )


def find(owner_id: int, apart: Apart) -> list[list[int]]:
    """Return the ids of an owner's photos that look alike, newest first, in groups; not what they have told apart."""
    own = Photo.objects.of(owner_id).shown().filter(perceptual_hash__isnull=False)
    hashes: Any = own.values_list("pk", "perceptual_hash")  # none is null, see above
    groups = similarity.without_told_apart(similarity.similar_groups(dict(hashes)), apart)
    return sorted((group[::-1] for group in groups), reverse=True)


def told_apart(owner_id: int) -> Apart:
    """Return which photos an owner has told apart: {photo: the sets that it is in}."""
    apart: dict[int, list[frozenset[int]]] = defaultdict(list)
    for photo_ids in ToldApart.objects.of(owner_id).values_list("photo_ids", flat=True):
        together = frozenset(photo_ids)
        for photo_id in together:
            apart[photo_id].append(together)
    return dict(apart)


def keep(owner_id: int, photo_ids: Iterable[int], *, kept: Iterable[int]) -> Act | None:
    """Put all of a group but what is kept into the trash; None when all is kept. Raises NothingKept."""
    group, stay = set(photo_ids), set(kept)
    if not group & stay:
        raise NothingKept
    return bulk.put_in_trash(owner_id, group - stay) if group - stay else None


def _front(group: list[int], apart: Apart) -> list[int]:
    """Return as much of a group as is shown: before all others what was not yet told apart from any."""
    return sorted(sorted(group, key=apart.__contains__)[:SHOWN_OF_GROUP], reverse=True)


def _group(photos: list[Photo], size: int) -> Group:
    best = max(
        photos, key=lambda each: ((each.width or 0) * (each.height or 0), each.original_bytes, -each.pk)
    )
    return Group(photos, best, size - len(photos))
