"""Why a file cannot become a photo: a code for programs, a sentence for its owner."""

from __future__ import annotations

from typing import Final

_AGAIN: Final = "Please save it again as a plain JPEG and upload that."

SENTENCES: Final[dict[str, str]] = {
    "empty": "This file is empty. It may not have been copied completely: please choose it again.",
    "not_an_image": "This is not a picture that we know. Please upload a JPEG, PNG, WebP, AVIF or HEIC.",
    "unsupported_format": "We cannot show files of this kind. Please save it as a JPEG and upload that.",
    "unreadable": "This picture is damaged and cannot be opened. Please upload the original file again.",
    "truncated": "The end of this picture is missing. Please upload the original file again.",
    "too_many_pixels": "This picture has too many pixels. Please make it smaller and upload that.",
    "side_too_long": "This picture is too long. Please crop or shrink it to at most 40,000 pixels a side.",
    "too_small": "This picture is too small: each side needs at least 8 pixels.",
    "too_narrow": "One side of this picture is over 400 times as long as the other. Please crop it.",
    "too_complex": f"This file is built in a way that would take too long to open. {_AGAIN}",
    "timed_out": f"Opening this picture took too long, so we stopped. {_AGAIN}",
    "out_of_memory": "Opening this picture takes too much memory. Please make it smaller and upload that.",
}


class Rejected(Exception):
    """The file is refused for good: trying again with the same bytes ends the same way.

    `code` is one of SENTENCES; `sentence` is shown to the person as it is; `detail` is for logs only.
    """

    def __init__(self, code: str, sentence: str = "", *, detail: str = "") -> None:
        self.code = code
        self.sentence = sentence or SENTENCES[code]
        self.detail = detail[:200]
        super().__init__(f"{code}: {self.detail or self.sentence}")
