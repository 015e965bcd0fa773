"""What an owner says of a photo."""

from photos import tags
from photos.models import Photo

MAX_LENGTH = 500


class TooLong(ValueError):
    """More words than a caption has room for."""


def describe(photo: Photo, caption: str) -> Photo:
    """Give a photo a caption, and the tags that are in it. Raises TooLong."""
    caption = tidy(caption)
    if len(caption) > MAX_LENGTH:
        raise TooLong(f"A caption may have {MAX_LENGTH} characters; this one has {len(caption)}.")
    photo.caption, photo.tags = caption, tags.tags_in(caption)
    photo.save(update_fields=["caption", "tags"])
    return photo


def tidy(caption: str) -> str:
    """Return a caption as it is kept: one line, without needless spaces."""
    return " ".join(caption.replace("\0", "").split())
