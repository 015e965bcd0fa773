"""A short fingerprint of a text, the same for every way in which browsers send its ends of lines."""

from hashlib import blake2b

from photos.text import cleaning


def fingerprint(text: str) -> str:
    """Return the fingerprint of a text without spaces around it."""
    return blake2b(cleaning.with_unix_line_ends(text).strip().encode(), digest_size=8).hexdigest()
