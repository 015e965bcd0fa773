"""Timelines: for each reader a list of the photo ids that their feed may show, in the durable Valkey.

A timeline is a hint, not a permission: `photos.feed.home` queries the shards by the same visibility rule as a pulled
feed. So ids are never removed: unfollows, blocks, deletions and narrower visibility are applied at read time.

A list is [pushed ids, newest first …, ids it was built from …, 0, "#mark"]. The mark is a hash of the reader's
followees: after a follow or unfollow it does not match, and the list is rebuilt. The last id it was built from is its
floor, how far back it reaches; 0 means that there are no older photos.

Photos are pushed only to lists that exist, so readers who have not come for days cost nothing. A list expires after
KEPT_SECONDS, which also repairs what Valkey may have lost. A list longer than LIMIT is dropped, not trimmed, because
pushes are not in the order of ids and trimming would leave unknown gaps; its reader has it rebuilt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches

LIMIT = 500
MADE_OF = 300
KEPT_SECONDS = 3 * 24 * 3600
MAKING_SECONDS = 60
MAKING = b"#making"
EVERYTHING = 0


@dataclass(frozen=True)
class Timeline:
    """All photo ids from `floor` on, newest first; a floor of 0 means that there are no older ones."""

    ids: list[int]
    floor: int

    def below(self, before: int | None, count: int) -> "Timeline":
        """Return up to `count` ids below the cursor, with the floor down to which these are complete."""
        older = [photo_id for photo_id in self.ids if before is None or photo_id < before]
        part = older[:count]
        return Timeline(part, part[-1] if len(older) > count else self.floor)


def read(person_id: int, mark: str) -> Timeline | None:
    """Return the reader's timeline; None when there is none with that mark. Raises redis.RedisError."""
    entries: list[bytes] = _client().lrange(_key(person_id), 0, -1)
    if len(entries) < 2 or entries[-1] != f"#{mark}".encode():
        return None
    floor = int(entries[-2])
    ids = {int(entry) for entry in entries if not entry.startswith(b"#")} - {EVERYTHING}
    return Timeline(sorted((photo_id for photo_id in ids if photo_id >= floor), reverse=True), floor)


def push(photo_id: int, person_ids: Sequence[int]) -> int:
    """Push a photo to those of these readers' timelines that exist; return how many. Raises redis.RedisError."""
    with _client().pipeline(transaction=False) as pipeline:
        for person_id in person_ids:
            pipeline.lpushx(_key(person_id), photo_id)
        lengths = pipeline.execute()
    drop(person_id for person_id, length in zip(person_ids, lengths, strict=True) if length > LIMIT)
    return sum(length > 0 for length in lengths)


def drop(person_ids: Iterable[int]) -> None:
    """Delete timelines; each is rebuilt when its reader comes next. Raises redis.RedisError."""
    keys = [_key(person_id) for person_id in person_ids]
    if keys:
        _client().unlink(*keys)


def begin(person_id: int) -> bool:
    """Take the turn to rebuild a timeline and start an empty list, which collects what is pushed meanwhile.

    Return False when another process has the turn. Raises redis.RedisError.
    """
    client, key = _client(), _key(person_id)
    if not client.set(f"{key}:making", 1, nx=True, ex=MAKING_SECONDS):
        return False
    with client.pipeline() as pipeline:
        pipeline.unlink(key)
        pipeline.rpush(key, MAKING)
        pipeline.expire(key, MAKING_SECONDS)
        pipeline.execute()
    return True


def finish(person_id: int, ids: list[int], *, is_everything: bool, mark: str) -> None:
    """Append the ids to what was pushed since `begin`, and give the turn back. Raises redis.RedisError."""
    key = _key(person_id)
    rest = [*ids, *([EVERYTHING] if is_everything else []), f"#{mark}"]
    with _client().pipeline() as pipeline:
        pipeline.rpushx(key, *rest)  # does nothing if the list was dropped meanwhile
        pipeline.lrem(key, 1, MAKING)
        pipeline.expire(key, KEPT_SECONDS)
        pipeline.delete(f"{key}:making")
        pipeline.execute()


def _client() -> Any:
    cache: Any = caches["durable"]
    return cache.client.get_client(write=True)


def _key(person_id: int) -> str:
    return str(caches["durable"].make_key(f"timeline:{person_id}"))
