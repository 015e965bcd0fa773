"""Following people. The same transaction emits the event from which notifications and timelines follow."""

from django.utils import timezone

from accounts.models import Avoidance, Follow, User
from accounts.relations import people_cache
from sharding.consistency import causal, outbox
from sharding.rows import transactions
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic

CHANGED = "follow.changed"


class CannotFollowSelf(Exception):
    """A person tried to follow themself."""


class Blocked(Exception):
    """One of the two people has blocked the other."""


class TooMany(Exception):
    """The follower has reached FOLLOWED_UP_TO, the most people that a feed is made of."""


def follow(follower: User, followee: User) -> bool:
    """Make `follower` follow `followee`; return False when they already did.

    Raises CannotFollowSelf, Blocked, TooMany.
    """
    if follower.pk == followee.pk:
        raise CannotFollowSelf
    with shard_atomic(alias=DIRECTORY):
        lock_pair(follower, followee)
        if Avoidance.objects.blocks_between([follower.pk], [followee.pk]).exists():
            raise Blocked
        _lock_followees_of(follower)
        followed = Follow.objects.filter(follower=follower)
        _, created = Follow.objects.get_or_create(follower=follower, followee=followee)
        if created and followed[: people_cache.FOLLOWED_UP_TO + 1].count() > people_cache.FOLLOWED_UP_TO:
            raise TooMany
        if created:
            _owe(follower, followee)
    return created


def lock_pair(*two: User) -> None:
    """Serialise follows and blocks between two people until the transaction ends.

    An advisory lock, because locking the user rows would not do: PostgreSQL checks deferred foreign keys at commit.
    """
    transactions.lock_name(
        "tie:" + ":".join(str(pk) for pk in sorted(user.pk for user in two)), alias=DIRECTORY
    )


def unfollow(follower: User, followee: User) -> bool:
    """Undo a follow; return False when there was none."""
    with shard_atomic(alias=DIRECTORY):
        deleted, _ = Follow.objects.filter(follower=follower, followee=followee).delete()
        if deleted:
            _owe(follower, followee)
    return bool(deleted)


def is_following(follower_id: int | None, followee_id: int) -> bool:
    """Return whether `follower` follows `followee`; False for a signed-out visitor (None)."""
    if follower_id is None:
        return False
    return Follow.objects.filter(follower_id=follower_id, followee_id=followee_id).exists()


def followee_ids(user: User) -> list[int]:
    """Return the ids of the people `user` follows, latest first; up to FOLLOWED_UP_TO, from the cache."""
    return people_cache.followees(user.pk).ids


def followers(person_id: int, *, after: int, limit: int) -> list[tuple[int, int]]:
    """Return a page of (follow id, follower id) of a person, oldest first: follows with an id above `after`."""
    rows = Follow.objects.filter(followee_id=person_id, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", "follower_id")[:limit])


def is_known_as_popular(person_id: int, *, above: int) -> bool:
    """Return whether all readers know that a person has more than `above` followers; save it when it becomes true.

    Never reset: photos published meanwhile are on no timeline. Readers may have cached the old value for
    POPULAR_KNOWN_AFTER, so the answer is False for that long after it was saved.
    """
    person = User.objects.filter(pk=person_id)
    with causal.pin():
        since = person.values_list("popular_since", flat=True).first()
        if since is None and Follow.objects.filter(followee_id=person_id)[: above + 1].count() > above:
            person.filter(popular_since=None).update(popular_since=timezone.now())
    return since is not None and timezone.now() - since > people_cache.POPULAR_KNOWN_AFTER


def _lock_followees_of(follower: User) -> None:
    """Serialise follows by one user, so two requests cannot both pass the limit."""
    transactions.lock_name(f"follows:{follower.pk}", alias=DIRECTORY)


def _owe(follower: User, followee: User) -> None:
    outbox.add_to_directory(CHANGED, {"follower_id": follower.pk, "followee_id": followee.pk})
