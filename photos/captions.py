"""What an owner says of a photo: a caption for everybody, and what there is to see for who cannot see it."""

from photos import tags
from photos.models import Photo

MAX_LENGTH = 500
MAX_ALT_LENGTH = 1000


class TooLong(ValueError):
    """More words than a caption has room for."""


def describe(photo: Photo, *, caption: str | None = None, alt: str | None = None) -> Photo:
    """Give a photo a caption with its tags, or a description; None leaves it as it is. Raises TooLong."""
    if caption is not None:
        photo.caption = _checked(caption, "A caption", MAX_LENGTH)
        photo.tags = tags.tags_in(photo.caption)
    if alt is not None:
        photo.alt = _checked(alt, "A description", MAX_ALT_LENGTH)
    photo.save(update_fields=["caption", "tags", "alt"])
    return photo


def tidy(text: str) -> str:
    """Return a caption or a description as it is kept: one line, without needless spaces."""
    return " ".join(text.replace("\0", "").split())


def _checked(text: str, what: str, length: int) -> str:
    words = tidy(text)
    if len(words) > length:
        raise TooLong(f"{what} may have {length} characters; this one has {len(words)}.")
    return words
