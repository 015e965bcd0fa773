"""Timelines: the ids of what somebody's feed may show, in the Valkey that keeps what it is told.

A hint, as a queue message is: what a page shows of it is asked of the shards by the rule that pulling a feed goes by.
So nothing is ever taken out of a timeline; who unfollows, blocks, deletes or tightens is obeyed on reading.

A list is [pushed ids, newest first …, ids it was made of …, 0, mark]. The mark says whose photos it is made of: when
others are followed now it counts for nothing, and is made anew. The last of the ids it was made of is how far back it
reaches; 0 instead says that there is nothing older. New photos are pushed to lists that are there, and to no others:
whoever has not come for days costs nothing. Each is made anew after KEPT_SECONDS, with whatever a Valkey lost in that
time. One that has outgrown LIMIT is dropped rather than trimmed, since by the order of pushes nobody could say what is
missing in between: its reader, if there is one, has it made anew.
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
    """Ids, newest first, of everything from `floor` on; a floor of 0 is everything there is."""

    ids: list[int]
    floor: int

    def below(self, before: int | None, count: int) -> "Timeline":
        """Return the part of a page: at most so many ids below a cursor, and down to where that is everything."""
        older = [photo_id for photo_id in self.ids if before is None or photo_id < before]
        some = older[:count]
        return Timeline(some, some[-1] if len(older) > count else self.floor)


def read(person_id: int, mark: str) -> Timeline | None:
    """Return somebody's timeline, if there is one of that mark. Raises redis' error when Valkey is away."""
    found: list[bytes] = _client().lrange(_key(person_id), 0, -1)
    if len(found) < 2 or found[-1] != f"#{mark}".encode():
        return None
    floor = int(found[-2])
    ids = {int(entry) for entry in found if not entry.startswith(b"#")} - {EVERYTHING}
    return Timeline(sorted((photo_id for photo_id in ids if photo_id >= floor), reverse=True), floor)


def push(photo_id: int, person_ids: Sequence[int]) -> int:
    """Put a photo on the timelines that these people have; return how many. Raises redis' error."""
    with _client().pipeline(transaction=False) as pipeline:
        for person_id in person_ids:
            pipeline.lpushx(_key(person_id), photo_id)
        lengths = pipeline.execute()
    drop(person_id for person_id, length in zip(person_ids, lengths, strict=True) if length > LIMIT)
    return sum(length > 0 for length in lengths)


def drop(person_ids: Iterable[int]) -> None:
    """Forget timelines; each is made anew when it is asked for. Raises redis' error."""
    keys = [_key(person_id) for person_id in person_ids]
    if keys:
        _client().unlink(*keys)


def begin(person_id: int) -> bool:
    """Take the turn to make somebody's timeline; what is pushed from now on is kept. False: somebody is at it.

    Raises redis' error.
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
    """Put what a timeline is made of behind what was pushed meanwhile, and give the turn back. Raises redis' error."""
    key = _key(person_id)
    rest = [*ids, *([EVERYTHING] if is_everything else []), f"#{mark}"]
    with _client().pipeline() as pipeline:
        pipeline.rpushx(key, *rest)  # nothing, when it was dropped meanwhile
        pipeline.lrem(key, 1, MAKING)
        pipeline.expire(key, KEPT_SECONDS)
        pipeline.delete(f"{key}:making")
        pipeline.execute()


def _client() -> Any:
    cache: Any = caches["durable"]
    return cache.client.get_client(write=True)


def _key(person_id: int) -> str:
    return str(caches["durable"].make_key(f"timeline:{person_id}"))
