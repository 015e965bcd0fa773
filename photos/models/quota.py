"""How many bytes of originals each owner has: an account and the ledger that it adds up."""

from typing import ClassVar

from django.db import models

from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


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
