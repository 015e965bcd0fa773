"""Albums, and the place of each photo in them."""

from typing import ClassVar, Self

from django.db import models
from django.utils.functional import cached_property

from accounts.relationship import Relationship
from photos.models import visibility_levels
from sharding.rows import ids
from sharding.rows.managers import ShardedManager, ShardedQuerySet
from sharding.rows.models import OwnedModel, ShardedModel


class AlbumQuerySet(ShardedQuerySet["Album"]):
    """Albums of one shard."""

    def listed_for(self, tie: Relationship, owner_id: int) -> Self:
        """Return those albums of one owner that lists show to somebody who is this to them."""
        return self.of(owner_id).filter(visibility__in=visibility_levels.LISTED[tie])


AlbumManager = ShardedManager.from_queryset(AlbumQuerySet)


class Album(OwnedModel):
    """Some of an owner's photos, under a title and in an order of their own."""

    TITLE_LENGTH, DESCRIPTION_LENGTH = 100, 1000

    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    # No foreign key: a cover may be out of sight for this or that visitor, and then another photo stands in for it.
    cover_id = models.BigIntegerField(null=True, help_text="Without one the first photo is the cover.")
    visibility = models.CharField(max_length=12, default="public", help_text="As a photo's: a Visibility.")
    created_at = models.DateTimeField()

    objects: ClassVar[AlbumManager["Album"]] = AlbumManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_id", "-id"], name="album_by_owner")]

    def __str__(self) -> str:
        return f"{self.pid} {self.title}"

    @cached_property
    def pid(self) -> str:
        """Return the id as it stands in addresses."""
        return ids.encode(self.pk)

    def get_absolute_url(self) -> str:
        """Return the address of the album's page."""
        return f"/a/{self.pid}/"


class AlbumPhoto(ShardedModel):
    """A photo's place in an album. Positions are far apart, so that a photo moves by writing its own row."""

    STEP = (
        2**40
    )  # 4 million photos to append, 40 moves to one and the same place before all are numbered anew

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="places")
    photo = models.ForeignKey("photos.Photo", on_delete=models.CASCADE, related_name="places")
    position = models.BigIntegerField()

    objects: ClassVar[ShardedManager["AlbumPhoto"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["album", "photo"], name="photo_once_per_album"),
            # At the end of a statement, which may move many.
            models.UniqueConstraint(
                fields=["album", "position"],
                name="one_photo_per_place",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.photo_id} in {self.album_id} at {self.position}"

    def shard_bucket(self) -> int:
        """Return the bucket of the album."""
        return ids.bucket_of(self.album_id)
