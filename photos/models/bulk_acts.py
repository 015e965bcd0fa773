"""Rows: `Act`, one change of many photos that can be undone, and `ToldApart`, look-alikes that are no duplicates."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property

from sharding.rows import ids
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


class Act(OwnedModel):
    """One change that an owner made to many photos at once, with the values before it, to undo it for a while."""

    class Kind(models.TextChoices):
        """The kind of change."""

        WORDS = "words", "Captions or tags"
        VISIBILITY = "visibility", "Who sees them"
        ALBUM_ADD = "album-add", "Put into an album"
        ALBUM_REMOVE = "album-remove", "Taken out of an album"
        TRASH = "trash", "Put into the trash"
        APART = "apart", "Told apart"

    kind = models.CharField(max_length=12, choices=Kind)
    said = models.CharField(max_length=200, help_text="What was done, in a sentence for the owner.")
    before = models.JSONField(help_text="What was there before, as undoing this kind wants it.")
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects: ClassVar[ShardedManager["Act"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["made_at"], name="act_by_time")]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.said}"

    @cached_property
    def pid(self) -> str:
        """Return the id as URLs show it."""
        return ids.encode(self.pk)


class ToldApart(OwnedModel):
    """Photos that, as their owner decided, only look alike: none is a duplicate of another."""

    # An array instead of rows: the id of a deleted photo does no harm, because that photo is in no group anyway.
    photo_ids = ArrayField(models.BigIntegerField())
    said_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["ToldApart"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_id"], name="told_apart_by_owner")]

    def __str__(self) -> str:
        return f"{self.owner_id}: {len(self.photo_ids)} photos"
