"""The distance between two perceptual hashes."""

BITS = 64


def distance(first: int, second: int) -> int:
    """Return how many of the 64 bits of two signed hashes differ."""
    return ((first ^ second) & (1 << BITS) - 1).bit_count()
