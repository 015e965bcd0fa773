"""Group pictures that look alike by their perceptual hashes. Works on numbers only, without a database.

Two hashes that differ in at most seven bits differ in at most one bit in at least one of their four quarters. So each
hash is looked up by its quarters, and by each quarter with one bit changed, instead of being compared with all others.
The work grows with the number of pictures, not with its square; crowded quarters are cut off at COMPARED and PAIRS.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

NEAR = 7  # bits; different pictures differ in at least twice as many (tests/imaging/test_perceptual_hash.py)
QUARTERS = 4
_BITS = 16
_FLIPS = (0, *(1 << bit for bit in range(_BITS)))
COMPARED = 2_000_000  # comparisons at most for each of the 4 x 17 lookups
PAIRS = 1_000_000  # pairs that are kept, at most

Numbers = npt.NDArray[Any]


def similar_groups(hashes: Mapping[int, int]) -> list[list[int]]:
    """Return groups of ids of pictures that look alike, from {id: hash}. No id is in two groups.

    Each group has a centre that all its pictures are near to, so that no chain of small differences leads from one
    picture to a quite different one.
    """
    ids = np.fromiter(hashes, np.int64, len(hashes))
    values = np.fromiter(hashes.values(), np.int64, len(hashes)).view(np.uint64)
    unique, inverse = np.unique(values, return_inverse=True)
    members: dict[int, list[int]] = defaultdict(list)
    for photo_id, index in zip(ids.tolist(), inverse.tolist(), strict=True):
        members[index].append(photo_id)
    near = _neighbours(unique)
    centres = sorted(near, key=lambda index: (-len(near[index]), index))
    taken: set[int] = set()
    groups = []
    for centre in [*centres, *(index for index in members if index not in near)]:
        if centre not in taken:
            around = [centre, *sorted(near[centre] - taken)] if centre in near else [centre]
            taken.update(around)
            groups.append(sorted(photo_id for index in around for photo_id in members[index]))
    return [group for group in groups if len(group) > 1]


def without_told_apart(
    groups: Iterable[list[int]], told_apart: Mapping[int, Sequence[frozenset[int]]]
) -> list[list[int]]:
    """Return the groups without pictures that their owner said are different from all others in the group.

    `told_apart` is {id: the sets of ids that it is in}; the pictures of a set are all different from each other.
    """
    return [rest for group in groups if (rest := _rest_of(group, told_apart))]


def _rest_of(group: list[int], told_apart: Mapping[int, Sequence[frozenset[int]]]) -> list[int]:
    members = set(group)
    return [each for each in group if each not in told_apart or members.difference({each}, *told_apart[each])]


def _neighbours(values: Numbers) -> dict[int, set[int]]:
    """Return {index: indices of the values near to it}, from at most PAIRS pairs."""
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
    """Yield two arrays of indices of values that are near to each other, for each lookup; some pairs more than once."""
    most = max(QUARTERS, COMPARED // max(1, len(values)))
    indices = np.arange(len(values))
    for quarter in range(QUARTERS):
        part = (values >> np.uint64(_BITS * quarter) & np.uint64((1 << _BITS) - 1)).astype(np.int64)
        order = np.argsort(part, kind="stable")
        sizes = np.bincount(part, minlength=1 << _BITS)
        starts = np.cumsum(sizes) - sizes
        for flip in _FLIPS:
            sought = part ^ flip
            counts = np.minimum(sizes[sought], most)
            left = np.repeat(indices, counts)
            nth = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
            right = order[np.repeat(starts[sought], counts) + nth]
            is_near = (left < right) & (np.bitwise_count(values[left] ^ values[right]) <= NEAR)
            yield left[is_near], right[is_near]
