"""SQL functions over a photo's row: its searchable words, and the day it was taken. Defines no rows.

Migrations create the functions on every shard, and the indexes are on exactly these expressions. `photo_words` weights
the words: A for the caption, B for the camera, C for the file's name. Only the owner may search by file name, so other
readers search A and B. `photo_taken_on` reads the camera's clock, or the time of the upload where that is missing.
"""

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models


class PhotoWords(models.Func):
    """The weighted words of a photo, as a text search vector."""

    function = "photo_words"
    output_field = SearchVectorField()

    def __init__(self, *expressions: object) -> None:
        super().__init__(*(expressions or ("caption", "filename", "facts")))


class PhotoTakenOn(models.Func):
    """The date on which a photo was taken."""

    function = "photo_taken_on"
    output_field = models.DateField()

    def __init__(self, *expressions: object) -> None:
        super().__init__(*(expressions or ("facts", "created_at")))


class PhotoDay(PhotoTakenOn):
    """The month and day on which a photo was taken, as month * 100 + day."""

    function = "photo_day"
    output_field = models.IntegerField()  # type: ignore[assignment]  # another kind of field on purpose


def words_query(words: list[str], *, weights: str = "") -> SearchQuery:
    """Return a query for photos that have, for each of these words, a word beginning with it; only of these weights."""
    raw = " & ".join(f"{word}:*{weights}" for word in words)
    return SearchQuery(raw, config="simple", search_type="raw")
