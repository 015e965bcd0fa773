"""People, the people they follow, and suggestions, from the cache (`sharding.consistency.readthrough`).

allauth, the admin and cascades save and delete people and follows too, so Django's signals end cached values.
`bulk_create` sends no signal: its caller calls `invalidate_follows`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import crc32

from django.db.models.signals import post_delete, post_save

from accounts.models import Avoidance, Follow, User
from accounts.querysets import people_updated
from accounts.relations import blocks_cache
from sharding.consistency.readthrough import Group

FOLLOWED_UP_TO = 5_000
SUGGESTED = 60
# Columns that are never cached: pages do not show them, and sign-in reads the directory.
SECRET = frozenset(("password", "email", "last_login", "is_superuser"))
# Longer than any reader keeps a person's old `popular_since` in the cache.
POPULAR_KNOWN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Followees:
    """Ids of the people a user follows, latest first; photos of those in `popular` are not pushed to timelines."""

    ids: list[int]
    popular: list[int]

    @property
    def mark(self) -> str:
        """Return a hash of the list, which changes when the user follows or unfollows."""
        return f"{len(self.ids)}-{crc32(repr(self.ids).encode()):08x}"


def people(ids: Iterable[int]) -> dict[int, User]:
    """Return {id: user}; ids that do not exist are left out.

    For reading only, never save these objects. Reading a column in SECRET from one of them causes a query.
    """
    return {user_id: _user_from(values) for user_id, values in PEOPLE.get_many(ids).items()}


def find_active(user_id: int) -> User | None:
    """Return a person as pages show them; None when the account does not exist or is not active."""
    person = people([user_id]).get(user_id)
    return person if person is not None and person.is_active else None


def followees(user_id: int) -> Followees:
    """Return the people a user follows."""
    ids, popular = FOLLOWEES.get(user_id) or ([], [])
    return Followees(ids, popular)


def suggested_to(user: User, limit: int = 12) -> list[User]:
    """Return the newest active people `user` does not follow yet."""
    blocks = blocks_cache.for_user(user)
    excluded = blocks.blocked_either_way | blocks.muted
    ids = [pk for pk in SUGGESTIONS.get(user.pk) or [] if pk not in excluded][:limit]
    users = people(ids)
    return [users[user_id] for user_id in ids if user_id in users and users[user_id].is_active]


def invalidate_people(user_ids: Iterable[int]) -> None:
    """End the cached values of these people."""
    PEOPLE.invalidate(user_ids)


def invalidate_follows(follower_ids: Iterable[int]) -> None:
    """End the cached follow lists and suggestions of these followers."""
    changed = set(follower_ids)
    FOLLOWEES.invalidate(changed)
    SUGGESTIONS.invalidate(changed)


def listen() -> None:
    """Connect the signals that end cached values."""
    for signal in (post_save, post_delete):
        signal.connect(_note_person, sender=User, dispatch_uid="accounts.people_cache")
        signal.connect(_note_follow, sender=Follow, dispatch_uid="accounts.people_cache")
        signal.connect(_note_avoidance, sender=Avoidance, dispatch_uid="accounts.people_cache")
    people_updated.connect(_note_people, dispatch_uid="accounts.people_cache")


def _note_person(instance: User, update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    if (
        update_fields is None or update_fields - SECRET
    ):  # sign-in saves `last_login` alone, which pages do not show
        invalidate_people([instance.pk])


def _note_people(ids: list[int], **kwargs: Any) -> None:
    invalidate_people(ids)


def _note_follow(instance: Follow, **kwargs: Any) -> None:
    invalidate_follows([instance.follower_id])


def _note_avoidance(instance: Avoidance, **kwargs: Any) -> None:
    blocks_cache.invalidate([instance.person_id, instance.other_id])


def _user_from(values: dict[str, Any]) -> User:
    """Return a User with these columns; the others are deferred."""
    names = [field.attname for field in User._meta.concrete_fields if field.attname in values]
    return User.from_db(None, names, [values[name] for name in names])


def _people(ids: list[int]) -> dict[int, dict[str, Any]]:
    names = [field.attname for field in User._meta.concrete_fields if field.attname not in SECRET]
    return {row["id"]: row for row in User.objects.filter(pk__in=ids).values(*names)}


def _followees(ids: list[int]) -> dict[int, tuple[list[int], list[int]]]:
    followees_of = {}
    for follower_id in ids:
        follows = Follow.objects.filter(follower_id=follower_id).order_by("-pk")
        rows = list(follows.values_list("followee_id", "followee__popular_since")[:FOLLOWED_UP_TO])
        followees_of[follower_id] = ([pk for pk, _ in rows], [pk for pk, since in rows if since])
    return followees_of


def _suggested(ids: list[int]) -> dict[int, list[int]]:
    return {user_id: User.objects.not_followed_by(user_id, SUGGESTED) for user_id in ids}


PEOPLE: Group[int, dict[str, Any]] = Group("people", _people, fresh_seconds=60)
FOLLOWEES: Group[int, tuple[list[int], list[int]]] = Group("followees", _followees, fresh_seconds=60)
SUGGESTIONS: Group[int, list[int]] = Group("suggestions", _suggested, fresh_seconds=300)
