"""Searching photos by words, with PostgreSQL's text search in the configuration `simple`: no language, no stemming.

The function `photo_words` (made by a migration, on every shard) gives a photo's words weights: A for the caption, B for
the camera, C for the file's name. Names of files are nobody's business but the owner's, so others search A and B."""

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models

MAX_WORDS = 8
MAX_WORD_LENGTH = 40
_WORD = re.compile(r"[^\W_]+")


class PhotoWords(models.Func):
    """The weighted words of a photo; the index is on exactly this expression."""

    function = "photo_words"
    output_field = SearchVectorField()

    def __init__(self, *expressions: object) -> None:
        super().__init__(*(expressions or ("caption", "filename", "facts")))


def words_of(text: str) -> list[str]:
    """Return the words that a text asks for, at most MAX_WORDS."""
    return [word[:MAX_WORD_LENGTH].lower() for word in _WORD.findall(text)[:MAX_WORDS]]


def query(words: list[str], *, weights: str = "") -> SearchQuery:
    """Return a query for everything that has a word beginning with each of these, in parts of these weights."""
    raw = " & ".join(f"{word}:*{weights}" for word in words)
    return SearchQuery(raw, config="simple", search_type="raw")
