"""Splitting a search text into words, as the search index splits captions."""

import re

MAX_WORDS = 8
MAX_WORD_LENGTH = 40
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, at most MAX_WORDS of MAX_WORD_LENGTH characters."""
    return [word[:MAX_WORD_LENGTH].lower() for word in _WORD.findall(text)[:MAX_WORDS]]
