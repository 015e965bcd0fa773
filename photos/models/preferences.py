"""Rows: `Preferences`, an owner's choices for all photos (credit, location, visibility) and for the digest mail."""

from typing import ClassVar

from django.db import models

from photos.models.licences import LICENCES, NONE_WRITTEN
from photos.models.photo import Location
from photos.models.visibility_levels import Visibility
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


class Digest(models.TextChoices):
    """How often, at most, an owner gets the digest mail."""

    OFF = "", "Never"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"


class Preferences(OwnedModel):
    """An owner's choices for all photos; an owner without a row has the defaults (`photos.library.preferences`)."""

    AUTHOR_LENGTH = 120

    author = models.CharField(max_length=AUTHOR_LENGTH, blank=True)
    licence = models.CharField(
        max_length=16,
        blank=True,
        choices=[(each.code, each.name) for each in (NONE_WRITTEN, *LICENCES.values())],
    )
    location = models.CharField(max_length=8, choices=Location, default=Location.NONE, blank=True)
    visibility = models.CharField(
        max_length=12,
        choices=Visibility,
        default=Visibility.PUBLIC,
        db_default=Visibility.PUBLIC,
        help_text="Of new photos, if nothing else is chosen.",
    )
    credit_changed_at = models.DateTimeField(null=True, help_text="Until all photos carry the new credit.")
    digest = models.CharField(max_length=8, choices=Digest, default=Digest.OFF, db_default="", blank=True)
    digest_due_at = models.DateTimeField(null=True, help_text="Of the next mail with news.")
    digest_until = models.BigIntegerField(default=0, db_default=0, help_text="The last news that was mailed.")

    objects: ClassVar[ShardedManager["Preferences"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["owner_id"], name="one_row_of_preferences_per_owner")]
        indexes = [
            models.Index(
                fields=["credit_changed_at"],
                name="preferences_being_applied",
                condition=models.Q(credit_changed_at__isnull=False),
            ),
            models.Index(
                fields=["digest_due_at"],
                name="preferences_digest_due",
                condition=models.Q(digest_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.author} {self.licence} {self.location}"

    @property
    def credit(self) -> dict[str, str]:
        """Return the author and licence that files carry, without empty values."""
        chosen = {"author": self.author, "licence": self.licence}
        return {name: value for name, value in chosen.items() if value}
