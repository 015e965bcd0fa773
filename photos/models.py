"""Photos and their renditions, on the shard of their owner."""

from typing import ClassVar

from django.db import models
from django.utils.functional import cached_property

from photos.querysets import PhotoManager
from sharding import ids
from sharding.managers import ShardedManager
from sharding.models import OwnedModel, ShardedModel


class Visibility(models.TextChoices):
    """Who may see a photo. `visible_to` is the only reader of this rule."""

    PUBLIC = "public", "Everyone"
    FOLLOWERS = "followers", "Followers"
    PRIVATE = "private", "Only you"


class State(models.TextChoices):
    """How far a photo has come; it moves forward only, by conditional updates."""

    RECEIVED = "received", "Received"
    PROCESSING = "processing", "Processing"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Photo(OwnedModel):
    """One uploaded photo. The original's bytes are never changed; everything shown is a rendition of them."""

    sha256 = models.CharField(max_length=64, help_text="Of the original, in hex.")
    original_key = models.CharField(max_length=200)
    original_bytes = models.BigIntegerField()
    original_format = models.CharField(max_length=16, blank=True, help_text="Found by content, not by name.")
    content_type = models.CharField(max_length=60, help_text="As the browser said it.")
    filename = models.CharField(max_length=140)
    caption = models.CharField(max_length=500, blank=True)
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.PUBLIC)

    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    state_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failure_code = models.CharField(max_length=40, blank=True)
    failure = models.CharField(max_length=300, blank=True, help_text="A sentence for the owner.")

    width = models.PositiveIntegerField(null=True, help_text="Pixels, upright.")
    height = models.PositiveIntegerField(null=True, help_text="Pixels, upright.")
    recipe_version = models.PositiveSmallIntegerField(null=True)
    thumbhash = models.BinaryField(max_length=40, default=bytes)
    color = models.CharField(max_length=7, default="#808080", help_text="The dominant colour.")
    facts = models.JSONField(default=dict, help_text="Camera, lens, exposure: what may be shown.")
    created_at = models.DateTimeField()

    objects: ClassVar[PhotoManager["Photo"]] = PhotoManager()

    class Meta(OwnedModel.Meta):
        constraints = [
            # A second upload of the same bytes is the same photo: a retry, or somebody's double click.
            models.UniqueConstraint(fields=["owner_id", "sha256"], name="photo_once_per_owner"),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="photo_by_owner"),
            models.Index(
                fields=["state_at"],
                name="photo_unsettled",
                condition=models.Q(state__in=["received", "processing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pid} {self.filename}"

    @cached_property
    def pid(self) -> str:
        """Return the id as it stands in addresses."""
        return ids.encode(self.pk)

    @property
    def is_ready(self) -> bool:
        """Return whether every rendition was written and verified."""
        return self.state == State.READY

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more happens to it by itself."""
        return self.state in {State.READY, State.FAILED}

    def get_absolute_url(self) -> str:
        """Return the address of the photo's page."""
        return f"/p/{self.pid}/"


class Rendition(ShardedModel):
    """A derived file that was written, read back and verified."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="renditions")
    edge = models.PositiveIntegerField(help_text="The rung of the ladder it was made for, in pixels.")
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    recipe_version = models.PositiveSmallIntegerField()

    objects: ClassVar[ShardedManager["Rendition"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "recipe_version", "edge", "format"], name="rendition_once_per_recipe"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def shard_bucket(self) -> int:
        """Return the bucket of the photo."""
        return ids.bucket_of(self.photo_id)
