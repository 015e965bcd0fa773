"""Photos, what was made of them and what it took, on the shard of their owner."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from photos import tags
from photos.levels import Visibility
from photos.licences import LICENCES, NONE_WRITTEN
from photos.moderation import Report
from photos.querysets import PhotoManager
from photos.rendered import AREA, EXACT
from photos.shelf import Act, Album, AlbumPhoto, Download, ShareLink, ToldApart
from photos.social import Comment, Favourite, Kind, Like, Notification, Tally
from photos.taken import PhotoDay, PhotoTakenOn
from photos.words import PhotoWords
from sharding import ids
from sharding.managers import ShardedManager
from sharding.models import OwnedModel, ShardedModel

__all__ = [
    "Act",
    "Album",
    "AlbumPhoto",
    "Attempt",
    "Comment",
    "Digest",
    "Download",
    "Favourite",
    "Kind",
    "Like",
    "Notification",
    "Photo",
    "Rendition",
    "Report",
    "ShareLink",
    "Stage",
    "State",
    "StorageAccount",
    "StorageEntry",
    "Tally",
    "ToldApart",
    "Visibility",
]


class State(models.TextChoices):
    """How far a photo has come. Every move is a conditional update with a fence.

    reserved → received → processing → ready | failed. New edits send a ready photo through processing again while its
    old version stays shown; a failed photo that is uploaded again is reserved again.
    """

    RESERVED = "reserved", "Reserved"
    RECEIVED = "received", "Received"
    PROCESSING = "processing", "Processing"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Stage(models.TextChoices):
    """Which of a photo's files are there. It is shown from the quick ones on."""

    NONE = "", "Nothing yet"
    QUICK = "quick", "Small sizes"
    FULL = "full", "All sizes"


class Location(models.TextChoices):
    """How exactly the place where a photo was taken is kept."""

    NONE = "", _("Not at all")
    AREA = AREA, _("The area")
    EXACT = EXACT, _("The exact spot")


class Digest(models.TextChoices):
    """How often somebody wants their news by mail, at most."""

    OFF = "", "Never"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"


SHOWN = ~models.Q(stage="") & ~models.Q(state="failed")
SHOWN_TO_ALL = SHOWN & models.Q(visibility="public")
KEPT = models.Q(trashed_at__isnull=True)
TRASHED = models.Q(trashed_at__isnull=False)
UNSETTLED = models.Q(state__in=["received", "processing"])


class Photo(OwnedModel):
    """One uploaded photo. The original's bytes are never changed; everything shown is a rendition of them."""

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
        db_default=[],  # for what is written by the release before
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

    # What is shown now; all of it changes in one update.
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
            # A second upload of the same bytes is the same photo: a retry, or somebody's double click.
            models.UniqueConstraint(fields=["owner_id", "sha256"], name="photo_once_per_owner"),
        ]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="photo_by_owner"),
            models.Index(fields=["state_at"], name="photo_unsettled", condition=UNSETTLED),
            # Whose work waits (fairness), and what was never finished.
            models.Index(fields=["owner_id"], name="photo_waiting_by_owner", condition=UNSETTLED),
            models.Index(fields=["state_at"], name="photo_reserved", condition=models.Q(state="reserved")),
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
        """Return the id as it stands in addresses."""
        return ids.encode(self.pk)

    @property
    def is_shown(self) -> bool:
        """Return whether there is a picture to show: the small sizes are written and verified."""
        return self.stage != Stage.NONE and self.state != State.FAILED

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more happens to it by itself."""
        return self.state in {State.READY, State.FAILED}

    def get_absolute_url(self) -> str:
        """Return the address of the photo's page."""
        return f"/p/{self.pid}/"


class Attempt(ShardedModel):
    """One try at a stage of a photo: who, when, how it ended. Together they are the photo's life."""

    class Outcome(models.TextChoices):
        """How a try ended. An open one is running, or its worker has died."""

        OPEN = "", "Running or died"
        DONE = "done", "Done"
        REJECTED = "rejected", "The file cannot become a photo"
        CRASHED = "crashed", "The file broke its process"
        POSTPONED = "postponed", "Something else was away"
        OVERTAKEN = "overtaken", "A later attempt was first"

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=8, choices=Stage)
    stamp = models.CharField(max_length=16)
    pod = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.OPEN, blank=True)
    error = models.TextField(blank=True)
    cpu_seconds = models.FloatField(null=True)

    # What the files of this try are to carry; known only to the worker that makes it.
    credit: Mapping[str, str] = MappingProxyType({})

    objects: ClassVar[ShardedManager["Attempt"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        constraints = [models.UniqueConstraint(fields=["photo", "number"], name="attempt_has_one_number")]

    def __str__(self) -> str:
        return f"{self.photo_id} #{self.number} {self.stage} {self.outcome or 'open'}"

    def shard_bucket(self) -> int:
        """Return the bucket of the photo."""
        return ids.bucket_of(self.photo_id)


class StorageAccount(OwnedModel):
    """How many bytes of originals an owner has taken or reserved; the entries below add up to it."""

    used_bytes = models.BigIntegerField(default=0)

    objects: ClassVar[ShardedManager["StorageAccount"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner_id"], name="one_storage_account_per_owner"),
            models.CheckConstraint(condition=models.Q(used_bytes__gte=0), name="used_bytes_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.used_bytes} bytes"


class StorageEntry(OwnedModel):
    """A line of the ledger: bytes taken for a photo (positive) or given back (negative). Never changed."""

    photo_id = models.BigIntegerField()
    bytes = models.BigIntegerField()
    made_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["StorageEntry"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_id", "photo_id"], name="storage_by_photo")]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.bytes:+d} for {self.photo_id}"


class Preferences(OwnedModel):
    """What an owner wants for all their photos; no row is the same as the defaults (photos.preferences)."""

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
        """Return what files are to carry, without what is empty."""
        chosen = {"author": self.author, "licence": self.licence}
        return {name: value for name, value in chosen.items() if value}


class Rendition(ShardedModel):
    """A derived file that was written, read back and verified."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=12, help_text="The rung of the ladder, such as 640 or sq256.")
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    stamp = models.CharField(max_length=16, help_text="Content, recipe and edits that it was made of.")

    objects: ClassVar[ShardedManager["Rendition"]] = ShardedManager()

    class Meta(ShardedModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "stamp", "name", "format"], name="rendition_once_per_stamp"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def shard_bucket(self) -> int:
        """Return the bucket of the photo."""
        return ids.bucket_of(self.photo_id)
