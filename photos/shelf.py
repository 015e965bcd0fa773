"""What owners arrange their photos in, as rows, all of it on the owner's shard."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.ties import Tie
from photos import levels
from sharding import ids
from sharding.managers import ShardedManager, ShardedQuerySet
from sharding.models import OwnedModel, ShardedModel


class AlbumQuerySet(ShardedQuerySet["Album"]):
    """Albums of one shard."""

    def reachable_by(self, tie: Tie, owner_id: int) -> Self:
        """Return those albums of one owner that somebody who is this to them may open at their addresses.

        Which photos are in them is asked of the photos."""
        return self.filter(owner_id=owner_id, visibility__in=levels.REACHABLE[tie])

    def listed_for(self, tie: Tie, owner_id: int) -> Self:
        """Return those albums of one owner that lists show to somebody who is this to them."""
        return self.filter(owner_id=owner_id, visibility__in=levels.LISTED[tie])


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


class Download(models.TextChoices):
    """What whoever has a link may take away."""

    NONE = "none", _("Nothing")
    CLEAN = "clean", _("A large picture with no data in it but author and licence")
    ORIGINAL = "original", _("The original file, with all that is in it")


class ShareLink(OwnedModel):
    """A way to an album or a photo for whoever knows it. The address itself is not kept, only its hash (`links`)."""

    NAME_LENGTH = 60

    album = models.ForeignKey(Album, on_delete=models.CASCADE, null=True, related_name="+")
    photo = models.ForeignKey("photos.Photo", on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=NAME_LENGTH, blank=True, help_text="For the owner alone.")
    salt = models.CharField(
        max_length=32, help_text="Random; makes the secret, together with the site's key."
    )
    secret_hash = models.CharField(max_length=64)
    password = models.CharField(max_length=128, blank=True, help_text="As Django hashes passwords.")
    expires_at = models.DateTimeField(null=True)
    max_views = models.PositiveIntegerField(null=True)
    views = models.PositiveIntegerField(default=0, db_default=0)
    download = models.CharField(max_length=8, choices=Download, default=Download.NONE)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["ShareLink"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(album=None) ^ models.Q(photo=None), name="share_link_leads_to_one_thing"
            ),
        ]
        indexes = [models.Index(fields=["owner_id", "-id"], name="share_link_by_owner")]

    def __str__(self) -> str:
        return f"{self.pk} to {'album' if self.album_id else 'photo'} {self.album_id or self.photo_id}"

    @property
    def has_door(self) -> bool:
        """Return whether a visitor has to do something before anything is shown or counted."""
        return bool(self.password) or self.max_views is not None


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
