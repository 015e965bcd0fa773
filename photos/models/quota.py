"""Rows: `StorageAccount`, the bytes an owner uses, and `StorageEntry`, the ledger whose entries add up to it."""

from typing import ClassVar

from django.db import models

from sharding.rows.managers import ShardedManager
from sharding.rows.models import OwnedModel


class StorageAccount(OwnedModel):
    """How many bytes of originals an owner uses or has reserved."""

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
    """A line of the ledger: bytes reserved for a photo (positive) or freed (negative). Never updated."""

    photo_id = models.BigIntegerField()
    bytes = models.BigIntegerField()
    made_at = models.DateTimeField()

    objects: ClassVar[ShardedManager["StorageEntry"]] = ShardedManager()

    class Meta(OwnedModel.Meta):
        indexes = [models.Index(fields=["owner_id", "photo_id"], name="storage_by_photo")]

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.bytes:+d} for {self.photo_id}"
