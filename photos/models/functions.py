"""SQL functions over a photo's row: its searchable words, and the day it was taken.

Migrations create the functions on every shard, and the indexes are on exactly these expressions. `photo_words` weighs
the words: A for the caption, B for the camera, C for the file's name. Only the owner may search by file name, so other
readers search A and B. `photo_taken_on` reads the camera's clock, or the time of the upload where the camera is silent.
"""

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models


class PhotoWords(models.Func):
    """The weighted words of a photo; the index is on exactly this expression."""

    function = "photo_words"
    output_field = SearchVectorField()

    def __init__(self, *expressions: object) -> None:
        super().__init__(*(expressions or ("caption", "filename", "facts")))


class PhotoTakenOn(models.Func):
    """The date."""

    function = "photo_taken_on"
    output_field = models.DateField()

    def __init__(self, *expressions: object) -> None:
        super().__init__(*(expressions or ("facts", "created_at")))


class PhotoDay(PhotoTakenOn):
    """Its month and day, as month * 100 + day."""

    function = "photo_day"
    output_field = models.IntegerField()  # type: ignore[assignment]  # another kind of field on purpose


def query(words: list[str], *, weights: str = "") -> SearchQuery:
    """Return a query for everything that has a word beginning with each of these, in parts of these weights."""
    raw = " & ".join(f"{word}:*{weights}" for word in words)
    return SearchQuery(raw, config="simple", search_type="raw")
