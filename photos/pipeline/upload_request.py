"""What a browser says of a file before it sends it, and the refusals that need no byte of it."""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from photos.imaging.formats import CONTENT_TYPES
from photos.models import Visibility
from photos.pipeline import multipart

ACCEPTED_TYPES = frozenset(CONTENT_TYPES.values()) | {"image/heif"}

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class UploadError(Exception):
    """A refusal: a code for the page's script and a sentence for its reader."""

    code = "refused"
    sentence = gettext_noop("This file cannot be uploaded.")

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.sentence
        super().__init__(self.sentence)


class TooLarge(UploadError):
    """More bytes than one photo may have."""

    code = "too_large"


class Empty(UploadError):
    """No bytes at all."""

    code = "empty"
    sentence = gettext_noop(
        "This file is empty. It may not have been copied completely: please choose it again."
    )


class UnsupportedType(UploadError):
    """Declared as something that is no photo format of ours."""

    code = "unsupported_format"
    sentence = gettext_noop(
        "This is not a photo format that we take. Please choose a JPEG, PNG, WebP, GIF, AVIF, TIFF or HEIC."
    )


class Malformed(UploadError):
    """The announcement itself makes no sense."""

    code = "malformed"
    sentence = gettext_noop("The upload was announced incompletely. Please reload the page and try again.")


@dataclass(frozen=True)
class Announced:
    """A file as the browser describes it; `sha256` in hex, `size` in bytes."""

    name: str
    size: int
    content_type: str
    sha256: str
    visibility: str = ""  # as its owner wants for new photos
    part_sha256s: list[str] = field(default_factory=list)  # of a file that goes up in parts (photos.parts)

    def check(self) -> None:
        """Raise the UploadError that tells why this file is not taken."""
        if self.size <= 0:
            raise Empty
        if self.size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            says = _("This file has %(size)d MB; one photo may have %(limit)d MB.")
            raise TooLarge(says % {"size": round(self.size / 1024 / 1024), "limit": limit})
        if self.content_type not in ACCEPTED_TYPES:
            raise UnsupportedType
        if not _SHA256.match(self.sha256) or self.visibility not in Visibility.values:
            raise Malformed
        if len(self.part_sha256s) != multipart.count_of(self.size) or not all(
            map(_SHA256.match, self.part_sha256s)
        ):
            raise Malformed
