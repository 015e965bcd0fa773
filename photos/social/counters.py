"""Sharded counters of a photo's likes and comments, changed in the transaction that changes the like or comment.

A counter on the photo's own row would make all likes of a popular photo, and its pipeline, wait for one lock. So a
count is the sum of several Tally rows. Each transaction increments a row that is not locked (SKIP LOCKED) and inserts
one only if all are locked. A photo has as many rows as transactions ever counted at the same time: usually one.
"""

from dataclasses import dataclass

from django.db import connections
from django.db.models import F, Subquery, Sum

from photos.models.social import Tally
from sharding.rows import buckets, ids
from sharding.rows.transactions import shard_atomic

LOCK = 0x7A117  # the namespace of our advisory locks: an arbitrary number


@dataclass(frozen=True)
class Counts:
    """The numbers of likes and comments of a photo."""

    likes: int = 0
    comments: int = 0


NONE = Counts()


def lock_photo(photo_id: int) -> bool:
    """Lock the photo's row against deletion until the transaction ends; return False when it is gone.

    The lock is shared: likes do not wait for each other. Take it before counting, so that a deletion either waits or
    has happened.
    """
    alias = buckets.shard_of(ids.bucket_of(photo_id))
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1 FROM photos_photo WHERE id = %s FOR KEY SHARE", [photo_id])
        return cursor.fetchone() is not None


def add(photo_id: int, *, likes: int = 0, comments: int = 0, spare_id: int | None = None) -> None:
    """Add to the counts of a photo, in the caller's transaction; a row that has to be inserted gets `spare_id`."""
    rows = Tally.objects.of_photo(photo_id)
    free = rows.order_by("pk").select_for_update(skip_locked=True)
    # Equality, not IN: then the subquery runs once and locks one row.
    counted = rows.filter(pk=Subquery(free.values("pk")[:1]))
    if not counted.update(likes=F("likes") + likes, comments=F("comments") + comments):
        tally = Tally(photo_id=photo_id, likes=likes, comments=comments)
        tally.pk = spare_id
        tally.save()


def counts_for(photo_id: int) -> Counts:
    """Return the counts of a photo; zeros for a photo without any."""
    rows = Tally.objects.of_photo(photo_id)
    sums = rows.aggregate(likes=Sum("likes", default=0), comments=Sum("comments", default=0))
    return Counts(sums["likes"], sums["comments"])


def drift(alias: str) -> dict[int, Counts]:
    """Return {photo id: rows minus count} of the photos of a shard for which the two differ."""
    # Without the buckets that a move is copying in or has left behind: their rows are incomplete.
    return _drift(alias, "((photo_id >> 10) & 8191) <> ALL (ARRAY(SELECT number FROM tessera_away))", [])


def mend(alias: str) -> dict[int, Counts]:
    """Correct the counts of a shard; return {photo id: what was added}.

    The difference is added, instead of setting the sum, so that likes made meanwhile are still counted.
    """
    return {photo_id: mended for photo_id in drift(alias) if (mended := mend_one(photo_id)) != NONE}


def mend_one(photo_id: int) -> Counts:
    """Correct the counts of one photo; return what was added."""
    bucket = ids.bucket_of(photo_id)
    with shard_atomic(bucket=bucket):
        alias = buckets.shard_of(bucket)  # not before: the photo may move
        with connections[alias].cursor() as cursor:  # two menders at once would both add the difference
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [LOCK, photo_id])
        missing = _drift(alias, "photo_id = %s", [photo_id]).get(photo_id, NONE)
        if missing != NONE and lock_photo(photo_id):
            add(photo_id, likes=missing.likes, comments=missing.comments)
    return missing


def _drift(alias: str, condition: str, parameters: list[int]) -> dict[int, Counts]:
    # One statement, so that rows and counts come from one snapshot.
    statement = f"""
        SELECT photo_id, sum(likes)::int, sum(comments)::int FROM (
            SELECT photo_id, 1 AS likes, 0 AS comments FROM photos_like WHERE is_on
            UNION ALL SELECT photo_id, 0, 1 FROM photos_comment WHERE deleted_at IS NULL
            UNION ALL SELECT photo_id, -likes, -comments FROM photos_tally
        ) AS each WHERE {condition} GROUP BY photo_id HAVING sum(likes) <> 0 OR sum(comments) <> 0
    """  # noqa: S608 - the conditions are the two above
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return {photo_id: Counts(likes, comments) for photo_id, likes, comments in cursor.fetchall()}
