"""People, follows, blocks and erasures. All are in the directory, because the pages of every shard need them."""

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.blocks import Blocks
from accounts.querysets import AvoidanceQuerySet, UserManager
from accounts.usernames import MAX_LENGTH, is_plain


class User(AbstractUser):
    """A person. The id determines the bucket of their photos for ever (`id % 8192`)."""

    username = models.CharField(
        _("username"),
        max_length=MAX_LENGTH,
        unique=True,
        validators=[is_plain],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    name = models.CharField("display name", max_length=60, blank=True)
    bio = models.CharField(max_length=300, blank=True)
    popular_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="More followers than are written to; their feeds ask.",
    )
    language = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="As they chose; nothing: as their browser says.",
    )
    browser_language = models.CharField(
        max_length=12,
        blank=True,
        default="",
        db_default="",
        help_text="What their browser asked for when they last signed in: for mails.",
    )
    browser_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The time zone of their browser when they last signed in: for mails.",
    )
    first_name = None  # type: ignore[assignment]  # one display name, as people write it
    last_name = None  # type: ignore[assignment]  # see above

    objects: ClassVar[UserManager[Self]] = UserManager()

    blocks: Blocks | None = None  # no field: `blocks_cache.for_user` reads it once for each object

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="one_account_per_email", condition=~models.Q(email="")
            ),
        ]
        indexes = [GinIndex(SearchVector("name", "username", config="simple"), name="user_words")]

    def __str__(self) -> str:
        return self.username

    def display_name(self) -> str:
        """Return the name to show: the chosen one, else the username."""
        return self.name or self.username

    def get_full_name(self) -> str:
        """Return the display name (Django's admin calls it)."""
        return self.display_name()

    def get_short_name(self) -> str:
        """Return the username."""
        return self.username

    def get_absolute_url(self) -> str:
        """Return the address of the profile."""
        return f"/@{self.username}/"


class Follow(models.Model):
    """A follow: `follower` sees what `followee` publishes for followers."""

    follower = models.ForeignKey(User, on_delete=models.CASCADE, related_name="following")
    followee = models.ForeignKey(User, on_delete=models.CASCADE, related_name="followers")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followee"], name="follow_once"),
            models.CheckConstraint(
                condition=~models.Q(follower=models.F("followee")), name="nobody_follows_themself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} → {self.followee_id}"


class Avoidance(models.Model):
    """A block or mute of `other` by `person`. After a block neither sees the other; `other` does not notice a mute."""

    class Kind(models.TextChoices):
        """Block or mute."""

        BLOCK = "block", "Blocked"
        MUTE = "mute", "Muted"

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="avoids")
    other = models.ForeignKey(User, on_delete=models.CASCADE, related_name="avoided_by")
    kind = models.CharField(max_length=8, choices=Kind)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Avoidance"]] = AvoidanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "other", "kind"], name="avoidance_once"),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("other")), name="nobody_avoids_themself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}s {self.other_id}"


class Erasure(models.Model):
    """The erasure of an account with all its data, and the receipt. Names no person once it is finished."""

    reference = models.CharField(max_length=32, unique=True, help_text="By which its receipt is found.")
    user_id = models.BigIntegerField(unique=True)
    staff_id = models.BigIntegerField(
        null=True, help_text="Who of the staff asked for it; nobody: the person did."
    )
    address = models.EmailField(blank=True, help_text="Where the receipt goes; forgotten once it is sent.")
    found = models.JSONField(null=True, help_text="[[what, how much]] before anything was deleted.")
    language = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="Of the receipt."
    )
    zone = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="The time zone of the receipt."
    )
    requested_at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True, help_text="Somebody is at it.")
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.reference}: {'finished' if self.finished_at else 'under way'}"

    def lines(self) -> list[tuple[str, int]]:
        """Return [(what, count)] of the account's data before the erasure, without zeros."""
        return [(what, count) for what, count in self.found or [] if count and what != "account"]
