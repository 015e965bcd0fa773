"""What a browser declares about a file before it sends it, and the checks that need none of its bytes."""

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from photos.imaging.formats import CONTENT_TYPES
from photos.models import Visibility
from photos.pipeline import multipart
from photos.pipeline.refusals import Empty, Malformed, TooLarge, UnsupportedType

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class FileManifest:
    """A file as the browser describes it; `sha256` in hex, `size` in bytes."""

    name: str
    size: int
    content_type: str
    sha256: str
    visibility: str = ""  # empty: the owner's default for new photos
    part_sha256s: list[str] = field(default_factory=list)  # of a file that is sent in parts (`multipart`)

    def check(self) -> None:
        """Raise Empty, TooLarge, UnsupportedType or Malformed if this file is not accepted."""
        if self.size <= 0:
            raise Empty
        if self.size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
            message = _("This file has %(size)d MB; a photo can have up to %(limit)d MB.")
            raise TooLarge(message % {"size": round(self.size / 1024 / 1024), "limit": limit})
        if self.content_type not in CONTENT_TYPES:
            raise UnsupportedType
        if not _SHA256.match(self.sha256) or self.visibility not in Visibility.values:
            raise Malformed
        if len(self.part_sha256s) != multipart.part_count(self.size) or not all(
            map(_SHA256.match, self.part_sha256s)
        ):
            raise Malformed
