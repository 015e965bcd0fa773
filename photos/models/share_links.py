"""Rows: `ShareLink`, a secret URL of one album or photo, on the shard of its owner."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from photos.models.albums import Album
from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


class Download(models.TextChoices):
    """What a visitor of a link may download."""

    NONE = "none", _("Nothing")
    CLEAN = "clean", _("A large picture with no data in it but author and licence")
    ORIGINAL = "original", _("The original file, with all that is in it")


class ShareLink(OwnedModel):
    """A link to an album or a photo. The row keeps a hash of the secret, not the URL (`photos.sharing.share_links`)."""

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
        """Return whether a visitor has to enter a password or click before anything is shown or counted."""
        return bool(self.password) or self.max_views is not None
