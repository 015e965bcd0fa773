"""The reasons why a file cannot become a photo: a code for programs and a sentence for the owner."""

from __future__ import annotations

from typing import Final

from photos.imaging.i18n import gettext_noop

SENTENCES: Final[dict[str, str]] = {
    "empty": gettext_noop(
        "This file is empty. It may not have been copied completely: please choose it again."
    ),
    "not_an_image": gettext_noop(
        "This image format is not supported. Please save it as a JPEG and upload that."
    ),
    "unsupported_format": gettext_noop(
        "We do not support files of this kind. Please save it as a JPEG and upload that."
    ),
    "unreadable": gettext_noop(
        "This picture is damaged and cannot be opened. Please upload the original file again."
    ),
    "truncated": gettext_noop("The end of this picture is missing. Please upload the original file again."),
    "too_many_pixels": gettext_noop(
        "This picture has too many pixels. Please make it smaller and upload that."
    ),
    "side_too_long": gettext_noop(
        "This picture is too long. Please crop or shrink it to at most 40,000 pixels a side."
    ),
    "too_small": gettext_noop("This picture is too small: each side needs at least 8 pixels."),
    "too_narrow": gettext_noop(
        "One side of this picture is over 400 times as long as the other. Please crop it."
    ),
    "too_complex": gettext_noop(
        "This file is built in a way that would take too long to open. "
        "Please save it again as a plain JPEG and upload that."
    ),
    "timed_out": gettext_noop(
        "Opening this picture took too long, so we stopped. Please save it again as a plain JPEG and upload that."
    ),
    "out_of_memory": gettext_noop(
        "Opening this picture takes too much memory. Please make it smaller and upload that."
    ),
    "quarantined": gettext_noop("We could not process this photo. Please save it as a JPEG and try again."),
    "lost": gettext_noop("The uploaded file no longer exists. Please upload it again."),
    "damaged": gettext_noop("The photo was damaged during the upload. Please upload it again."),
}


# Codes that a busy machine can cause as well as the file: another try with the stored bytes may succeed.
MAYBE_OURS: Final = frozenset(("timed_out", "out_of_memory"))
QUARANTINED: Final = "quarantined"  # several processes broke over the file, maybe for want of memory
# The stored bytes are not those that the owner has: sending the file again may succeed.
NOT_AS_SENT: Final = frozenset(("lost", "damaged"))


def remedy_for(code: str) -> str:
    """Return what can help after a failure: "retry", "resend", or "" where the file itself has to change."""
    if code in MAYBE_OURS or code == QUARANTINED:
        return "retry"
    return "resend" if code in NOT_AS_SENT else ""


class Rejected(Exception):
    """The file is refused for good: a retry with the same bytes would end the same way.

    `code` is one of SENTENCES; `sentence` is translated and shown to the owner; `detail` is for logs only.
    """

    def __init__(self, code: str, sentence: str = "", *, detail: str = "") -> None:
        self.code = code
        self.sentence = sentence or SENTENCES[code]
        self.detail = detail[:200]
        super().__init__(f"{code}: {self.detail or self.sentence}")
