"""Words that cross the border of a file, in EXIF or in XMP, as one line of printable characters."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 200  # characters


def printable_line(text: str, longest: int = LONGEST) -> str:
    """Return a text in NFC as one line of at most `longest` characters, which XML can hold as well.

    Control, bidirectional, private-use and lone surrogate characters (Unicode's category C) become spaces.
    """
    normal = unicodedata.normalize("NFC", text)
    printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in normal)
    return " ".join(printable.split())[:longest]
