"""The data tier's models, where Django looks for them; `sharding.rows.models` defines them."""

from sharding.rows.models import (
    Bucket,
    BucketMapVersion,
    DirectoryEvent,
    Move,
    MoveEvent,
    OutboxEvent,
    OwnedModel,
    SchemaVersion,
    ShardedModel,
)

__all__ = [
    "Bucket",
    "BucketMapVersion",
    "DirectoryEvent",
    "Move",
    "MoveEvent",
    "OutboxEvent",
    "OwnedModel",
    "SchemaVersion",
    "ShardedModel",
]
