"""Rows: `Album`, and `AlbumPhoto`, the place of one photo in one album. Both are on the shard of the album's owner."""

from typing import ClassVar, Self

from django.db import models
from django.utils.functional import cached_property

from accounts.relations.relationship import Relationship
from photos.models import visibility_levels
from sharding.rows import ids
from sharding.rows.managers import ShardedManager, ShardedQuerySet
from sharding.rows.models import OwnedModel, ShardedModel


class AlbumQuerySet(ShardedQuerySet["Album"]):
    """A set of albums, with the rule of which ones lists show."""

    def listed_for(self, relation: Relationship, owner_id: int) -> Self:
        """Return the owner's albums that lists show to a visitor with this relationship to the owner."""
        return self.of(owner_id).filter(visibility__in=visibility_levels.LISTED[relation])


AlbumManager = ShardedManager.from_queryset(AlbumQuerySet)


class Album(OwnedModel):
    """Some of an owner's photos, with a title and an order of their own."""

    TITLE_LENGTH, DESCRIPTION_LENGTH = 100, 1000

    title = models.CharField(max_length=TITLE_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True)
    # No foreign key: a visitor who may not see the cover photo gets another photo of the album as cover.
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
        """Return the id as URLs show it."""
        return ids.encode(self.pk)

    def get_absolute_url(self) -> str:
        """Return the path of the album's page."""
        return f"/a/{self.pid}/"


class AlbumPhoto(ShardedModel):
    """A photo's place in an album. Positions are far apart, so that moving a photo changes its own row only."""

    # Room for 4 million appended photos, and for 40 moves into the same gap before the album is renumbered.
    STEP = 2**40

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="places")
    photo = models.ForeignKey("photos.Photo", on_delete=models.CASCADE, related_name="places")
    position = models.BigIntegerField()

    objects: ClassVar[ShardedManager["AlbumPhoto"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["album", "photo"], name="photo_once_per_album"),
            # Checked at the end of a statement, because one statement may renumber all places.
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
