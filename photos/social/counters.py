"""How many likes and comments a photo has: counted in the transaction that changes them, so never late and never wrong.

A counter on the photo's row would make everybody who likes a popular photo wait for the one before, and the pipeline
with them. So the count is a sum of rows. Whoever counts takes a row that nobody else is counting in; only when there is
none do they make another. A photo has as many rows as ever counted at the same moment: one, unless it is popular.
"""

from dataclasses import dataclass

from django.db import connections
from django.db.models import F, Subquery, Sum

from photos.models.social import Tally
from sharding.rows import buckets, ids
from sharding.rows.transactions import shard_atomic

LOCK = 0x7A117  # any number, used for nothing else


@dataclass(frozen=True)
class Counts:
    """What is said of a photo; of a photo that nobody has said anything of, zeros."""

    likes: int = 0
    comments: int = 0


NONE = Counts()


def lock_photo(photo_id: int) -> bool:
    """Keep a photo from being removed until the transaction ends; False when it is gone.

    Any number of people hold it at once. Held first, so that nobody who counts can meet a remover half-way.
    """
    alias = buckets.shard_of(ids.bucket_of(photo_id))
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1 FROM photos_photo WHERE id = %s FOR KEY SHARE", [photo_id])
        return cursor.fetchone() is not None


def add(photo_id: int, *, likes: int = 0, comments: int = 0, spare_id: int | None = None) -> None:
    """Count, within the caller's transaction; `spare_id` is for the row that has to be made when none is free."""
    rows = Tally.objects.of_photo(photo_id)
    free = rows.order_by("pk").select_for_update(skip_locked=True)
    # Equality, not IN: then the subquery runs once and locks one row.
    counted = rows.filter(pk=Subquery(free.values("pk")[:1]))
    if not counted.update(likes=F("likes") + likes, comments=F("comments") + comments):
        made = Tally(photo_id=photo_id, likes=likes, comments=comments)
        made.pk = spare_id
        made.save()


def counts_for(photo_id: int) -> Counts:
    """Return the counts of one photo."""
    rows = Tally.objects.of_photo(photo_id)
    sums = rows.aggregate(likes=Sum("likes", default=0), comments=Sum("comments", default=0))
    return Counts(sums["likes"], sums["comments"])


def drift(alias: str) -> dict[int, Counts]:
    """Return {photo: what is there minus what is counted} of the photos of a shard for which the two differ."""
    # What a move brings or has left behind is not whole, and not this shard's.
    return _drift(alias, "((photo_id >> 10) & 8191) <> ALL (ARRAY(SELECT number FROM tessera_away))", [])


def mend(alias: str) -> dict[int, Counts]:
    """Count what drifted anew, and return what it was.

    What is missing is added, rather than the sum set: whoever likes meanwhile counts on as if nothing had happened.
    """
    return {photo_id: mended for photo_id in drift(alias) if (mended := mend_one(photo_id)) != NONE}


def mend_one(photo_id: int) -> Counts:
    """Do so for one photo; return what was missing."""
    bucket = ids.bucket_of(photo_id)
    with shard_atomic(bucket=bucket):
        alias = buckets.shard_of(bucket)  # not before: the photo may move
        with connections[alias].cursor() as cursor:  # two who mend at once would both add what is missing
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [LOCK, photo_id])
        missing = _drift(alias, "photo_id = %s", [photo_id]).get(photo_id, NONE)
        if missing != NONE and lock_photo(photo_id):
            add(photo_id, likes=missing.likes, comments=missing.comments)
    return missing


def _drift(alias: str, condition: str, parameters: list[int]) -> dict[int, Counts]:
    # One statement, so that everything is seen as it was at one moment.
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
