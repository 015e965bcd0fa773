"""Cleaning typed text before it is kept or searched for. Pure.

PostgreSQL cannot store NUL. Browsers send the end of a line as CRLF, but count it as one character. (Words that go into
files or come out of them are cleaned further: photos.imaging.metadata.printable.)
"""

import unicodedata


def without_nul(text: str) -> str:
    """Return a text without NUL characters."""
    return text.replace("\0", "")


def with_unix_line_ends(text: str) -> str:
    """Return a text whose lines end with LF instead of CRLF."""
    return text.replace("\r\n", "\n")


def one_line(text: str) -> str:
    """Return a text as one line: no NUL, one space for each run of white space, none at the ends."""
    return " ".join(without_nul(text).split())


def composed_line(text: str) -> str:
    """Return a text as one line in NFC, so that equal letters are equal bytes."""
    return one_line(unicodedata.normalize("NFC", without_nul(text)))


def paragraphs(text: str) -> str:
    """Return a text that keeps its lines: LF at their ends, no NUL, no white space around all of it."""
    return without_nul(with_unix_line_ends(text)).strip()
