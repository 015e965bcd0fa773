"""Near hashes are found whichever bits differ, and quickly."""

import itertools
import random
import time

from hypothesis import given
from hypothesis import strategies as st

from photos.imaging import similarity
from tests.imaging.hamming import BITS, distance

bits = st.integers(-(1 << 63), (1 << 63) - 1)
few = st.sets(st.integers(0, BITS - 1), max_size=similarity.NEAR)
RANDOM = random.Random(7)  # noqa: S311 - pictures, not secrets


def flipped(value: int, places: set[int]) -> int:
    """Return a hash with these bits changed."""
    changed = (value & (1 << BITS) - 1) ^ sum(1 << place for place in places)
    return changed - (1 << BITS) if changed >> 63 else changed


def far_apart(count: int) -> list[int]:
    return [RANDOM.getrandbits(63) for _ in range(count)]


@given(bits, few)
def test_what_is_near_is_found_whichever_bits_differ(value: int, places: set[int]) -> None:
    assert similarity.similar_groups({5: value, 3: flipped(value, places)}) == [[3, 5]]


@given(bits, st.sets(st.integers(0, BITS - 1), min_size=similarity.NEAR + 1))
def test_what_is_further_away_is_not(value: int, places: set[int]) -> None:
    assert similarity.similar_groups({5: value, 3: flipped(value, places)}) == []


@given(st.lists(st.integers(0, 2**10), max_size=40))
def test_no_picture_is_in_two_groups_and_all_are_near_their_centre(values: list[int]) -> None:
    hashes = dict(enumerate(values))
    groups = similarity.similar_groups(hashes)
    members = [each for group in groups for each in group]
    assert len(members) == len(set(members))
    for group in groups:
        assert any(
            all(distance(hashes[centre], hashes[each]) <= similarity.NEAR for each in group)
            for centre in group
        )


def test_fifty_thousand_photos_take_a_moment_even_if_thousands_look_alike() -> None:
    values = far_apart(45_000)
    dark = [flipped(values[0], {RANDOM.randrange(BITS)}) for _ in range(5_000)]
    pairs = {50_000 + n: flipped(values[n], {n % BITS, 63 - n % 31}) for n in range(1, 1_000)}
    hashes = dict(enumerate([*values, *dark])) | pairs
    began = time.process_time()
    groups = similarity.similar_groups(hashes)
    seconds = time.process_time() - began
    assert max(map(len, groups)) > 4_900
    assert sum(len(group) == 2 for group in groups) == 999
    assert seconds < 5, seconds


@given(st.lists(st.sets(st.integers(0, 8), min_size=2), max_size=6))
def test_a_picture_told_apart_from_all_is_in_no_group_and_no_picture_is_left_alone(
    apart: list[set[int]],
) -> None:
    sets = [frozenset(each) for each in apart]
    groups = similarity.without_told_apart(
        [list(range(9))], {n: [each for each in sets if n in each] for each in sets for n in each}
    )
    left = groups[0] if groups else []
    pairs = itertools.combinations(range(9), 2)
    strangers = [pair for pair in pairs if not any(each.issuperset(pair) for each in sets)]
    assert left == sorted({one for pair in strangers for one in pair})
    assert len(left) != 1
