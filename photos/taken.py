"""When a photo was taken, as the database sees it: by the camera's clock, or by when it came, if that says nothing.

The functions are made by a migration, on every shard, and have indexes on exactly these expressions."""

from django.db import models


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
