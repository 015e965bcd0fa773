"""Rows: `Like`, `Comment` and `Tally` of a photo, and their copies `Favourite` and `Notification`.

Likes, comments and tallies are on the shard of the photo's owner. Favourites and notifications are copies on the shard
of the person who reads them, written by outbox events. A copy carries the version of its source, so a late or repeated
event never overwrites a newer one (`photos.social.versioned_copy`).
"""

from typing import ClassVar

from django.db import models

from photos.models.of_photo import OfPhoto, OfPhotoManager
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel

MAX_COMMENT = 2_000


class Like(OfPhoto):
    """A user's like of a photo. An undone like keeps its row and version, because events about it may be late."""

    user_id = models.BigIntegerField()
    is_on = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()

    objects: ClassVar[OfPhotoManager["Like"]] = OfPhotoManager()

    class Meta(OfPhoto.Meta):
        constraints = [models.UniqueConstraint(fields=["photo", "user_id"], name="like_once")]
        indexes = [models.Index(fields=["user_id"], name="like_by_user")]  # to erase an account

    def __str__(self) -> str:
        return f"{self.user_id} {'likes' if self.is_on else 'liked'} {self.photo_id}"


class Comment(OfPhoto):
    """A comment below a photo, or a reply to one (`parent`). A deleted comment keeps its row, without its text."""

    author_id = models.BigIntegerField(null=True, help_text="Nobody's once its author's account is erased.")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="replies")
    body = models.CharField(max_length=MAX_COMMENT, blank=True)
    mentioned_ids = models.JSONField(default=list, help_text="Everybody whom it has ever mentioned.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar[OfPhotoManager["Comment"]] = OfPhotoManager()

    class Meta(OfPhoto.Meta):
        indexes = [
            models.Index(fields=["photo", "-id"], name="comment_thread", condition=models.Q(parent=None)),
            models.Index(fields=["author_id"], name="comment_by_author"),  # to erase an account
        ]

    def __str__(self) -> str:
        return f"{self.author_id} on {self.photo_id}: {self.body[:40]}"


class Tally(OfPhoto):
    """A part of a photo's counts: a count is the sum over its rows, nearly always one (`photos.social.counters`)."""

    likes = models.IntegerField(default=0)
    comments = models.IntegerField(default=0)

    objects: ClassVar[OfPhotoManager["Tally"]] = OfPhotoManager()

    def __str__(self) -> str:
        return f"{self.photo_id}: {self.likes:+d} likes, {self.comments:+d} comments"


class Favourite(OwnedModel):
    """A photo that the row's owner likes: a copy of the `Like`, on that person's shard."""

    photo_id = models.BigIntegerField()
    is_on = models.BooleanField(default=True)
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["Favourite"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["owner_id", "photo_id"], name="favourite_once")]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="favourite_shown", condition=models.Q(is_on=True)),
            models.Index(fields=["photo_id"], name="favourite_by_photo"),  # to delete a photo
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.photo_id}"


class Kind(models.TextChoices):
    """What a notification tells. When several kinds fit one comment, its reader gets the first of these."""

    REPLIED = "replied", "Answered your comment"
    MENTIONED = "mentioned", "Mentioned you"
    COMMENTED = "commented", "Commented on your photo"
    LIKED = "liked", "Likes your photo"
    FOLLOWED = "followed", "Follows you"
    FAILED = "failed", "Photos could not be shown"


class Notification(OwnedModel):
    """A message to the row's owner about what another person (`actor_id`) did, or that own photos failed."""

    kind = models.CharField(max_length=10, choices=Kind)
    actor_id = models.BigIntegerField()
    photo_id = models.BigIntegerField(null=True)
    comment_id = models.BigIntegerField(null=True)
    subject = models.CharField(
        max_length=60, help_text="Of what it is the copy: told once, whatever happens."
    )
    is_on = models.BooleanField(default=True, help_text="Off when it was taken back.")
    version = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    token = models.TextField(
        blank=True, help_text="How far replicas must be for its reader to see what it tells."
    )

    objects: ClassVar[ShardedManager["Notification"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["owner_id", "subject"], name="notification_once")]
        indexes = [
            models.Index(
                fields=["owner_id", "-id"], name="notification_shown", condition=models.Q(is_on=True)
            ),
            models.Index(
                fields=["owner_id"],
                name="notification_unread",
                condition=models.Q(is_on=True, read_at__isnull=True),
            ),
            models.Index(fields=["photo_id"], name="notification_by_photo"),
            models.Index(fields=["actor_id"], name="notification_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.actor_id} {self.kind}"
