"""Rows: `Attempt`, one try of a worker to render a photo, and `Rendition`, one file made of a photo."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from django.db import models

from photos.models.of_photo import OfPhoto, OfPhotoManager
from photos.models.photo import Photo, Stage


class Attempt(OfPhoto):
    """One try at a stage of a photo: on which pod, when, how it ended. Together they are the photo's history."""

    class Outcome(models.TextChoices):
        """How an attempt ended. An open one is running, or its worker has died."""

        OPEN = "", "Running or died"
        DONE = "done", "Done"
        REJECTED = "rejected", "The file cannot become a photo"
        CRASHED = "crashed", "The file broke its process"
        POSTPONED = "postponed", "Something else was away"
        OVERTAKEN = "overtaken", "A later attempt was first"

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=8, choices=Stage)
    stamp = models.CharField(max_length=16)
    pod = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.OPEN, blank=True)
    error = models.TextField(blank=True)
    cpu_seconds = models.FloatField(null=True)

    # The author and licence for the files of this attempt; not stored, set by the worker that makes them.
    credit: Mapping[str, str] = MappingProxyType({})

    objects: ClassVar[OfPhotoManager["Attempt"]] = OfPhotoManager()

    class Meta(OfPhoto.Meta):
        constraints = [models.UniqueConstraint(fields=["photo", "number"], name="attempt_has_one_number")]

    def __str__(self) -> str:
        return f"{self.photo_id} #{self.number} {self.stage} {self.outcome or 'open'}"


class Rendition(OfPhoto):
    """A derived file that was written to the store and verified there."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=12, help_text="The rung of the ladder, such as 640 or sq256.")
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    stamp = models.CharField(max_length=16, help_text="Content, recipe and edits that it was made of.")

    objects: ClassVar[OfPhotoManager["Rendition"]] = OfPhotoManager()

    class Meta(OfPhoto.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "stamp", "name", "format"], name="rendition_once_per_stamp"
            ),
        ]

    def __str__(self) -> str:
        return self.key
