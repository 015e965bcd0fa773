"""Rows: `Photo`, one uploaded original and what is shown of it, on the shard of its owner."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from photos.imaging.results import AREA, EXACT
from photos.models.functions import PhotoDay, PhotoTakenOn, PhotoWords
from photos.models.querysets import PhotoManager
from photos.models.visibility_levels import Visibility
from photos.text import tags
from sharding.rows import ids
from sharding.rows.models import OwnedModel


class State(models.TextChoices):
    """How far a photo has come: reserved → received → processing → ready | failed.

    Workers change the state by conditional updates with a fence (`attempts`). New edits put a ready photo back to
    processing while its old version stays shown. A failed photo that is uploaded again is reserved again.
    """

    RESERVED = "reserved", "Reserved"
    RECEIVED = "received", "Received"
    PROCESSING = "processing", "Processing"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Stage(models.TextChoices):
    """Which of a photo's renditions are stored. From the quick ones on the photo is shown."""

    NONE = "", "Nothing yet"
    QUICK = "quick", "Small sizes"
    FULL = "full", "All sizes"


class Location(models.TextChoices):
    """How exactly a photo's coordinates are kept."""

    NONE = "", _("Not at all")
    AREA = AREA, _("The area")
    EXACT = EXACT, _("The exact spot")


SHOWN = ~models.Q(stage="") & ~models.Q(state="failed")
SHOWN_TO_ALL = SHOWN & models.Q(visibility="public")
KEPT = models.Q(trashed_at__isnull=True)
TRASHED = models.Q(trashed_at__isnull=False)
UNSETTLED = models.Q(state__in=["received", "processing"])
MADE = models.Q(state="ready")


class Photo(OwnedModel):
    """One uploaded photo. The original's bytes never change; all that is shown is a rendition of them."""

    sha256 = models.CharField(max_length=64, help_text="Of the original, in hex.")
    original_key = models.CharField(max_length=200)
    original_bytes = models.BigIntegerField()
    original_format = models.CharField(max_length=16, blank=True, help_text="Found by content, not by name.")
    content_type = models.CharField(max_length=60, help_text="As the browser said it.")
    filename = models.CharField(max_length=140)
    caption = models.CharField(max_length=500, blank=True)
    alt = models.CharField(
        max_length=1000, blank=True, db_default="", help_text="What there is to see, for who cannot see it."
    )
    tags = ArrayField(
        models.CharField(max_length=tags.MAX_LENGTH),
        default=list,
        db_default=[],  # the release before this field writes rows without it
        blank=True,
        help_text="Found in the caption.",
    )
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.PUBLIC)
    shelf = models.CharField(
        max_length=24,
        default="",
        db_default="",
        blank=True,
        help_text="Where its files belong, as in the keys; empty until its visibility is changed.",
    )

    location = models.CharField(
        max_length=8, choices=Location, default=Location.NONE, blank=True, help_text="As chosen at upload."
    )

    multipart_id = models.CharField(max_length=200, blank=True, help_text="S3's name of an upload in parts.")
    part_sha256s = models.JSONField(default=list, blank=True, help_text="Of its parts, in hex, as announced.")

    state = models.CharField(max_length=12, choices=State, default=State.RESERVED)
    state_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0, help_text="The fence: each attempt has a number.")
    failure_code = models.CharField(max_length=40, blank=True)
    failure = models.CharField(max_length=300, blank=True, help_text="A sentence for the owner.")

    edits = models.JSONField(default=dict, blank=True, help_text="What the owner wants done to the original.")

    # The following fields describe the files that the photo is shown by; one update changes all of them.
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.NONE, blank=True)
    shown_edits = models.JSONField(default=dict, blank=True)
    shown_credit = models.JSONField(default=dict, blank=True, help_text="Author and licence in the files.")
    stamp = models.CharField(
        max_length=16, blank=True, help_text="Content, recipe, edits and credit, as in the keys."
    )
    unedited_stamp = models.CharField(max_length=16, blank=True, help_text="Of the last files without edits.")
    shown_shelf = models.CharField(
        max_length=24, default="", db_default="", blank=True, help_text="Of the files that it is shown by."
    )
    width = models.PositiveIntegerField(null=True, help_text="Pixels, upright.")
    height = models.PositiveIntegerField(null=True, help_text="Pixels, upright.")
    recipe_version = models.PositiveSmallIntegerField(null=True)
    is_moving = models.BooleanField(db_default=False, default=False, help_text="Has an animated rendition.")
    perceptual_hash = models.BigIntegerField(null=True)
    thumbhash = models.BinaryField(max_length=40, default=bytes)
    color = models.CharField(max_length=7, default="#808080", help_text="The dominant colour.")
    facts = models.JSONField(default=dict, help_text="Camera, lens, exposure: what may be shown.")
    latitude = models.FloatField(null=True, help_text="As exactly as `location` says.")
    longitude = models.FloatField(null=True)
    created_at = models.DateTimeField()
    trashed_at = models.DateTimeField(null=True, help_text="Since when it is in its owner's trash.")

    objects: ClassVar[PhotoManager["Photo"]] = PhotoManager()

    class Meta(OwnedModel.Meta):
        constraints = [
            # Uploading the same bytes again, by a retry or a double click, gives the same photo.
            models.UniqueConstraint(fields=["owner_id", "sha256"], name="photo_once_per_owner"),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="photo_by_owner"),
            models.Index(fields=["state_at"], name="photo_unsettled", condition=UNSETTLED),
            # Counts how many photos of an owner wait, so that one owner's thousands do not delay the others.
            models.Index(fields=["owner_id"], name="photo_waiting_by_owner", condition=UNSETTLED),
            models.Index(fields=["state_at"], name="photo_reserved", condition=models.Q(state="reserved")),
            models.Index(
                fields=["owner_id", "-id"], name="photo_failed", condition=models.Q(state="failed") & KEPT
            ),
            models.Index(fields=["recipe_version", "id"], name="photo_by_recipe", condition=MADE),
            models.Index(fields=["-id"], name="photo_public", condition=SHOWN_TO_ALL),
            models.Index(
                fields=["owner_id", "-trashed_at", "-id"], name="photo_trash_of_owner", condition=TRASHED
            ),
            models.Index(fields=["trashed_at"], name="photo_trashed", condition=TRASHED),
            GinIndex(fields=["tags"], name="photo_tags"),
            models.Index(
                fields=["owner_id"],
                name="photo_likeness",
                include=["id", "perceptual_hash"],
                condition=SHOWN & KEPT & models.Q(perceptual_hash__isnull=False),
            ),
            models.Index(PhotoTakenOn(), "id", name="photo_taken", condition=SHOWN & KEPT),
            models.Index("owner_id", PhotoDay(), name="photo_day_of_owner", condition=SHOWN & KEPT),
            GinIndex(PhotoWords(), name="photo_words"),
        ]

    def __str__(self) -> str:
        return f"{self.pid} {self.filename}"

    @cached_property
    def pid(self) -> str:
        """Return the id as URLs show it."""
        return ids.encode(self.pk)

    @property
    def is_shown(self) -> bool:
        """Return whether the photo has a picture to show: its small sizes are written and verified."""
        return self.stage != Stage.NONE and self.state != State.FAILED

    @property
    def is_settled(self) -> bool:
        """Return whether no worker has anything left to do with the photo."""
        return self.state in {State.READY, State.FAILED}

    def get_absolute_url(self) -> str:
        """Return the path of the photo's page."""
        return f"/p/{self.pid}/"
