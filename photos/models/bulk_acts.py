"""What an owner did to many photos at once, and which look-alikes they have told apart."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property

from sharding.rows import ids
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


class Act(OwnedModel):
    """Something that an owner did to many photos at once, with what is needed to undo it for a while."""

    class Kind(models.TextChoices):
        """What was done."""

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
        """Return the id as it stands in addresses."""
        return ids.encode(self.pk)


class ToldApart(OwnedModel):
    """Photos of which their owner has said that they only look alike: none of them is the other's duplicate."""

    # No rows of their own: a photo that is gone is in no group of look-alikes anyway.
    photo_ids = ArrayField(models.BigIntegerField())
    said_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["ToldApart"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_id"], name="told_apart_by_owner")]

    def __str__(self) -> str:
        return f"{self.owner_id}: {len(self.photo_ids)} photos"
