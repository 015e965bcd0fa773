"""What an owner says of a photo: a caption for everybody, and what there is to see for who cannot see it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from photos.models import Photo
from photos.text import cleaning, tags

MAX_LENGTH = 500
MAX_ALT_LENGTH = 1000
CAPTION_TOO_LONG = gettext_noop("A caption may have %(most)s characters; this one has %(count)s.")
ALT_TOO_LONG = gettext_noop("A description may have %(most)s characters; this one has %(count)s.")


class TooLong(ValueError):
    """More words than a caption has room for."""


def describe(photo: Photo, *, caption: str | None = None, alt: str | None = None) -> Photo:
    """Give a photo a caption with its tags, or a description; None leaves it as it is. Raises TooLong."""
    if caption is not None:
        photo.caption = _checked(caption, _(CAPTION_TOO_LONG), MAX_LENGTH)
        photo.tags = tags.tags_in(photo.caption)
    if alt is not None:
        photo.alt = _checked(alt, _(ALT_TOO_LONG), MAX_ALT_LENGTH)
    photo.save(update_fields=["caption", "tags", "alt"])
    return photo


def tidy(text: str) -> str:
    """Return a caption or a description as it is kept: one line, without needless spaces, letters put together."""
    return cleaning.composed_line(text)


def _checked(text: str, too_long: str, length: int) -> str:
    words = tidy(text)
    if len(words) > length:
        raise TooLong(too_long % {"most": length, "count": len(words)})
    return words
