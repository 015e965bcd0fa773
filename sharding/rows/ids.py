"""Ids that carry a time and a bucket: 41 bits of milliseconds, 13 bits of bucket, 10 bits of sequence.

Any id names its bucket without a lookup and sorts by time of creation. The same layout is made by the
SQL function `tessera_next_id(bucket)` on every shard. A signed 64-bit column leaves 40 bits of
milliseconds in use, which last until November 2060.
"""

from datetime import UTC, datetime, timedelta

BUCKETS = 8192
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MAX_ID = 2**63 - 1
MAX_DIGITS = len(str(MAX_ID))

BUCKET_SHIFT = 10
TIME_SHIFT = 23
MAX_SEQUENCE = 2**BUCKET_SHIFT - 1
MAX_MS = MAX_ID >> TIME_SHIFT

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {letter: digit for digit, letter in enumerate(ALPHABET)}
_MAX_LETTERS = 11


class InvalidId(ValueError):
    """Not an id of this project, or one that cannot exist."""


def pack(ms: int, bucket: int, sequence: int) -> int:
    """The id made `ms` milliseconds after EPOCH in `bucket`; raises InvalidId when a part does not fit."""
    if not (0 <= ms <= MAX_MS and 0 <= bucket < BUCKETS and 0 <= sequence <= MAX_SEQUENCE):
        raise InvalidId(f"No id has the parts ms={ms}, bucket={bucket}, sequence={sequence}.")
    return ms << TIME_SHIFT | bucket << BUCKET_SHIFT | sequence


def bucket_of(row_id: int | None) -> int:
    """The bucket an id was made in; raises InvalidId for None and for numbers that are no ids."""
    if row_id is None or not 0 <= row_id <= MAX_ID:
        raise InvalidId(f"{row_id!r} is not an id.")
    return (row_id >> BUCKET_SHIFT) % BUCKETS


def time_of(row_id: int) -> datetime:
    """The time an id was made, to the millisecond, by the clock of the shard that made it."""
    return EPOCH + timedelta(milliseconds=row_id >> TIME_SHIFT)


def first_id_at(moment: datetime) -> int:
    """The smallest id of `moment` in any bucket: `id < first_id_at(m)` means "made before m"."""
    ms = (moment - EPOCH) // timedelta(milliseconds=1)
    return min(max(ms, 0), MAX_MS) << TIME_SHIFT


def bucket_for_owner(owner_id: int | None) -> int:
    """The bucket of all rows of an owner, which never changes; raises InvalidId for None and negative numbers."""
    if owner_id is None or owner_id < 0:
        raise InvalidId(f"{owner_id!r} is not an owner.")
    return owner_id % BUCKETS


def encode(row_id: int) -> str:
    """An id as base58 text for URLs: at most 11 letters, no two of which look alike."""
    if not 0 <= row_id <= MAX_ID:
        raise InvalidId(f"{row_id!r} is not an id.")
    letters = ""
    rest = row_id
    while rest or not letters:
        rest, digit = divmod(rest, 58)
        letters = ALPHABET[digit] + letters
    return letters


def decode(text: str) -> int:
    """The id whose `encode` is `text`; raises InvalidId for every other text."""
    if not 0 < len(text) <= _MAX_LETTERS or (text[0] == ALPHABET[0] and len(text) > 1):
        raise InvalidId(f"{text[:20]!r} is not an id.")
    row_id = 0
    for letter in text:
        digit = _DIGITS.get(letter)
        if digit is None:
            raise InvalidId(f"{text!r} is not an id.")
        row_id = row_id * 58 + digit
    if row_id > MAX_ID:
        raise InvalidId(f"{text!r} is not an id.")
    return row_id
