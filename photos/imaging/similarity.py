"""Which of many pictures look alike, by their perceptual hashes; numbers only, no database.

Two hashes that differ in at most seven bits differ in at most one bit of one of their four quarters. So each is looked
up by its quarters, and by these with one bit changed, instead of being compared with every other: the work grows with
the number of pictures, not with its square, and what crowded quarters would cost beyond that is cut off.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

NEAR = 7  # bits; other pictures are at least twice as far apart (tests/imaging/test_fingerprint.py)
QUARTERS = 4
_BITS = 16
_FLIPS = (0, *(1 << bit for bit in range(_BITS)))
# So many are compared for each of the 4 x 17 ways to look things up, and so many pairs are kept.
COMPARED = 2_000_000
PAIRS = 1_000_000

Numbers = npt.NDArray[Any]


def groups(hashes: Mapping[int, int]) -> list[list[int]]:
    """Return the ids of pictures that look alike, {id: hash}; who is in one group is in no other.

    Each group is around one of its pictures, near which are all others, so that no chain of small differences leads
    from one picture to quite another.
    """
    ids = np.fromiter(hashes, np.int64, len(hashes))
    values = np.fromiter(hashes.values(), np.int64, len(hashes)).view(np.uint64)
    unique, place = np.unique(values, return_inverse=True)
    members: dict[int, list[int]] = defaultdict(list)
    for photo_id, which in zip(ids.tolist(), place.tolist(), strict=True):
        members[which].append(photo_id)
    near = _neighbours(unique)
    centres = sorted(near, key=lambda which: (-len(near[which]), which))
    taken: set[int] = set()
    found = []
    for centre in [*centres, *(which for which in members if which not in near)]:
        if centre not in taken:
            around = [centre, *sorted(near[centre] - taken)] if centre in near else [centre]
            taken.update(around)
            found.append(sorted(photo_id for which in around for photo_id in members[which]))
    return [group for group in found if len(group) > 1]


def still(found: Iterable[list[int]], apart: Mapping[int, Sequence[frozenset[int]]]) -> list[list[int]]:
    """Return groups without the pictures that were told apart from all others in theirs.

    {id: the sets it is in, whose pictures are all told apart from each other}."""
    return [left for group in found if (left := _still(group, apart))]


def _still(group: list[int], apart: Mapping[int, Sequence[frozenset[int]]]) -> list[int]:
    members = set(group)
    return [each for each in group if each not in apart or members.difference({each}, *apart[each])]


def _neighbours(values: Numbers) -> dict[int, set[int]]:
    near: dict[int, set[int]] = defaultdict(set)
    count = 0
    for left, right in _pairs(values):
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            near[a].add(b)
            near[b].add(a)
        count += len(left)
        if count > PAIRS:
            break
    return dict(near)


def _pairs(values: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield pairs of places of values that are near, by each way to look them up; some more than once."""
    most = max(QUARTERS, COMPARED // max(1, len(values)))
    everyone = np.arange(len(values))
    for quarter in range(QUARTERS):
        part = (values >> np.uint64(_BITS * quarter) & np.uint64((1 << _BITS) - 1)).astype(np.int64)
        order = np.argsort(part, kind="stable")
        sizes = np.bincount(part, minlength=1 << _BITS)
        starts = np.cumsum(sizes) - sizes
        for flip in _FLIPS:
            wanted = part ^ flip
            counts = np.minimum(sizes[wanted], most)
            left = np.repeat(everyone, counts)
            nth = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
            right = order[np.repeat(starts[wanted], counts) + nth]
            is_near = (left < right) & (np.bitwise_count(values[left] ^ values[right]) <= NEAR)
            yield left[is_near], right[is_near]
