"""The words that a search text asks for."""

import re

MAX_WORDS = 8
MAX_WORD_LENGTH = 40
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Return the words that a text asks for, at most MAX_WORDS."""
    return [word[:MAX_WORD_LENGTH].lower() for word in _WORD.findall(text)[:MAX_WORDS]]
