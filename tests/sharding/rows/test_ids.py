"""Ids: packing, bucket arithmetic, base58; without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharding.rows import ids

times = st.integers(0, ids.MAX_MS)
some_buckets = st.integers(0, ids.BUCKETS - 1)
sequences = st.integers(0, ids.MAX_SEQUENCE)
all_ids = st.integers(0, ids.MAX_ID)


@given(times, some_buckets, sequences)
def test_an_id_tells_its_bucket_and_its_time(ms: int, bucket: int, sequence: int) -> None:
    packed = ids.pack(ms, bucket, sequence)
    assert 0 <= packed <= ids.MAX_ID
    assert ids.bucket_of(packed) == bucket
    assert ids.time_of(packed) == ids.EPOCH + timedelta(milliseconds=ms)


@given(all_ids)
def test_every_number_of_63_bits_is_the_id_of_its_parts(number: int) -> None:
    ms = (ids.time_of(number) - ids.EPOCH) // timedelta(milliseconds=1)
    assert ids.pack(ms, ids.bucket_of(number), number & ids.MAX_SEQUENCE) == number


@given(st.tuples(times, some_buckets, sequences), st.tuples(times, some_buckets, sequences))
def test_a_later_id_is_larger_whatever_its_bucket(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    if one[0] < other[0]:
        assert ids.pack(*one) < ids.pack(*other)


@pytest.mark.parametrize(
    ("ms", "bucket", "sequence"),
    [(-1, 0, 0), (2**40, 0, 0), (0, -1, 0), (0, 8192, 0), (0, 0, -1), (0, 0, 1024)],
)
def test_a_part_that_does_not_fit_is_refused(ms: int, bucket: int, sequence: int) -> None:
    with pytest.raises(ids.InvalidId):
        ids.pack(ms, bucket, sequence)


@given(times, some_buckets, sequences)
def test_the_first_id_of_a_moment_divides_before_from_after(ms: int, bucket: int, sequence: int) -> None:
    packed = ids.pack(ms, bucket, sequence)
    moment = ids.time_of(packed)
    assert ids.first_id_at(moment) <= packed
    assert ms == ids.MAX_MS or packed < ids.first_id_at(moment + timedelta(milliseconds=1))


def test_a_moment_before_the_epoch_begins_at_zero() -> None:
    assert ids.first_id_at(datetime(2020, 1, 1, tzinfo=UTC)) == 0


@given(st.integers(0, 2**63))
def test_an_owner_has_one_bucket_for_ever(owner_id: int) -> None:
    assert ids.bucket_for_owner(owner_id) == owner_id % 8192


@pytest.mark.parametrize("owner_id", [None, -1])
def test_a_missing_owner_has_no_bucket(owner_id: int | None) -> None:
    with pytest.raises(ids.InvalidId):
        ids.bucket_for_owner(owner_id)


@pytest.mark.parametrize("number", [None, -1, 2**63])
def test_what_is_no_id_has_no_bucket(number: int | None) -> None:
    with pytest.raises(ids.InvalidId):
        ids.bucket_of(number)


@given(all_ids)
def test_base58_goes_there_and_back(number: int) -> None:
    text = ids.encode(number)
    assert len(text) <= 11
    assert ids.decode(text) == number


@given(st.text(max_size=14))
def test_a_text_is_either_the_spelling_of_one_id_or_refused(text: str) -> None:
    try:
        number = ids.decode(text)
    except ids.InvalidId:
        return
    assert ids.encode(number) == text


@pytest.mark.parametrize("text", ["", "0", "O", "I", "l", "12", "zzzzzzzzzzz", "zzzzzzzzzzzz", "a b", "é"])
def test_a_text_that_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ids.InvalidId):
        ids.decode(text)


@pytest.mark.parametrize("number", [-1, 2**63])
def test_a_number_that_is_no_id_has_no_spelling(number: int) -> None:
    with pytest.raises(ids.InvalidId):
        ids.encode(number)
