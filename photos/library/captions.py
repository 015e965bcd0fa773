"""Captions and alternative texts of photos: cleaning, length limits, and the tags in a caption."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from photos.models import Photo
from photos.text import cleaning, tags

MAX_LENGTH = 500
MAX_ALT_LENGTH = 1000
CAPTION_TOO_LONG = gettext_noop("A caption can have up to %(most)s characters; this one has %(count)s.")
ALT_TOO_LONG = gettext_noop("Alt text can have up to %(most)s characters; this one has %(count)s.")


class TooLong(ValueError):
    """The text has more characters than the field holds; the message is for the owner."""


def describe(photo: Photo, *, caption: str | None = None, alt: str | None = None) -> Photo:
    """Save a photo's caption with its tags, or its alternative text; None leaves a field as it is. Raises TooLong."""
    if caption is not None:
        photo.caption = _checked(caption, _(CAPTION_TOO_LONG), MAX_LENGTH)
        photo.tags = tags.tags_in(photo.caption)
    if alt is not None:
        photo.alt = _checked(alt, _(ALT_TOO_LONG), MAX_ALT_LENGTH)
    photo.save(update_fields=["caption", "tags", "alt"])
    return photo


def tidy(text: str) -> str:
    """Return a text as it is stored: on one line, single spaces, no NUL, composed letters (Unicode NFC)."""
    return cleaning.composed_line(text)


def _checked(text: str, too_long: str, limit: int) -> str:
    tidied = tidy(text)
    if len(tidied) > limit:
        raise TooLong(too_long % {"most": limit, "count": len(tidied)})
    return tidied
