"""The base classes of sharded models, and the data tier's own models: bucket map, moves, schema versions, outbox."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sharding.rows import allocation, buckets, transactions
from sharding.rows.ids import InvalidId, bucket_for_owner, bucket_of
from sharding.rows.managers import ShardedManager
from sharding.rows.placement import Sharded, WrongShard


class ShardedModel(Sharded, models.Model):
    """A row on the shard of its bucket. Its id carries the bucket and is made by `allocation`, not by the column.

    Relations to other sharded models are allowed within one bucket. Rows of the directory are referred to by plain ids,
    since no foreign key reaches across databases."""

    id = models.BigIntegerField(primary_key=True, editable=False)

    objects: ClassVar[ShardedManager[Self]] = ShardedManager()

    class Meta:
        abstract = True
        # Django's own look-ups (refresh, forward relations, prefetch) use this manager and its guards.
        base_manager_name = "objects"

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write to the primary of the row's shard, also when a replica was read; a new row gets its id here.

        Raises WrongShard when id, owner and database disagree."""
        bucket = self.shard_bucket()
        if self.pk and bucket_of(self.pk) != bucket:
            raise WrongShard(f"{self._meta.label} {self.pk} is of bucket {bucket_of(self.pk)}, not {bucket}.")
        # An id is made for one row: a new object never overwrites a row, so no UPDATE is tried before.
        is_new = self._state.adding and not force_update and update_fields is None
        with transactions.guarded(bucket):
            alias = buckets.shard_of(bucket)
            if using not in {None, alias}:
                raise WrongShard(f"{self._meta.label} of bucket {bucket} lives on {alias}, not on {using}.")
            if not self.pk:
                self.pk = allocation.new_ids_on(alias, [bucket])[0]
            super().save(
                force_insert=force_insert or is_new,
                force_update=force_update,
                using=alias,
                update_fields=update_fields,
            )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transactions.guarded(bucket_of(self.pk)):
            return super().delete(*args, **kwargs)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        # Django refreshes a row to read a missing field; a new row without owner or parent has no shard to ask.
        if not self.pk:
            raise InvalidId(f"{self._meta.label} has no id yet.")
        super().refresh_from_db(*args, **kwargs)


class OwnedModel(ShardedModel):
    """A sharded row of a user; it is on the same shard as all rows of that owner."""

    owner_id = models.BigIntegerField(editable=False)

    class Meta(ShardedModel.Meta):
        abstract = True

    def shard_bucket(self) -> int:
        return bucket_for_owner(self.owner_id)


class Bucket(models.Model):
    """Directory: which shard has a bucket. Read it through `sharding.rows.buckets`."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    shard = models.CharField(max_length=63)
    # After a move: a replica of the shard must have replayed this to answer for the bucket.
    min_lsn = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__lt=8192), name="bucket_number_below_8192"),
        ]

    def __str__(self) -> str:
        return f"bucket {self.number} on {self.shard}"


class BucketMapVersion(models.Model):
    """Directory: one row; every change of the map increments it, and processes notice the change by it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="bucket_map_has_one_version")]

    def __str__(self) -> str:
        return f"bucket map {self.version}"


class Move(models.Model):
    """Directory: a move of buckets to another shard, and how far it is. Only `moving.mover` advances it."""

    class State(models.TextChoices):
        """A state says what is true before the step that follows it; every step can be repeated."""

        PLANNED = "planned", "Planned"
        PREPARED = "prepared", "Prepared"
        COPYING = "copying", "Copying"
        COPIED = "copied", "Catching up"
        SWITCHING = "switching", "Switching"
        SWITCHED = "switched", "Switched"
        DETACHED = "detached", "Cleaning up"
        DONE = "done", "Done"
        ABORTING = "aborting", "Aborting"
        ABORTED = "aborted", "Aborted"

    source = models.CharField(max_length=63)
    target = models.CharField(max_length=63)
    buckets = models.JSONField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    # Each mover that takes the move over increments it; what an older mover still does is then refused.
    epoch = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=100, blank=True)
    problem = models.TextField(blank=True)
    progress = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return (
            f"move {self.pk}: {len(self.buckets)} buckets from {self.source} to {self.target}, {self.state}"
        )

    @property
    def is_ended(self) -> bool:
        return self.state in {self.State.DONE, self.State.ABORTED}


class MoveEvent(models.Model):
    """Directory: an entry in the history of a move. Never changed."""

    move = models.ForeignKey(Move, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    what = models.CharField(max_length=40)
    note = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.move_id} {self.what}"


class SchemaVersion(models.Model):
    """Directory: which migrations a database had, after which release ran, and when. Rows are only added."""

    database = models.CharField(max_length=63, help_text="Alias of a primary.")
    release = models.CharField(max_length=100)
    leaves = models.JSONField(help_text="The last migration of each app.")
    applied = models.PositiveIntegerField(help_text="How many migrations it took.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["database", "-id"], name="schema_version_latest")]

    def __str__(self) -> str:
        return f"{self.database} at {self.release}"


class Owed(models.Model):
    """An outbox event: written in the transaction of a change, relayed after its commit."""

    topic = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class OutboxEvent(Owed, ShardedModel):
    """An outbox event of a change on a shard."""

    class Meta(ShardedModel.Meta):
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=Q(relayed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"

    def shard_bucket(self) -> int:
        # An event has no owner: its id is made in the bucket of the change.
        return bucket_of(self.pk)


class DirectoryEvent(Owed):
    """An outbox event of a change in the directory. Its id is taken under the changed row's lock: ids order events."""

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="directory_outbox_waiting", condition=Q(relayed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
