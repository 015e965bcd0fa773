"""What pages ask of people over and over, kept in the cache (`sharding.readthrough`).

People and follows are saved and deleted by allauth, by the admin and by cascades as well as by us: so this listens to
Django's signals. Whoever makes several rows in one statement (`bulk_create`) says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import crc32

from django.db.models.signals import post_delete, post_save

from accounts import blocks_cache
from accounts.models import Avoidance, Follow, User
from accounts.querysets import people_updated
from sharding.consistency.readthrough import Group

FOLLOWED_UP_TO = 5_000
SUGGESTED = 60
# What stays out of the cache: for others it is nobody's business, and for signing in the directory decides.
SECRET = frozenset(("password", "email", "last_login", "is_superuser"))
# Whoever has been popular for so long is known as that by every reader, whatever they have cached.
POPULAR_KNOWN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Followees:
    """Whom somebody follows, latest first; `popular` are those whose photos are not pushed to followers."""

    ids: list[int]
    popular: list[int]

    @property
    def mark(self) -> str:
        """Return a short text that differs when others are followed."""
        return f"{len(self.ids)}-{crc32(repr(self.ids).encode()):08x}"


def people(ids: Iterable[int]) -> dict[int, User]:
    """Return {id: person} as pages show them; ids that do not exist are left out.

    To be looked at, not to be saved. What is not for pages (passwords, addresses) is not in the cache: asking one of
    these for it is a query.
    """
    return {user_id: _user_from(values) for user_id, values in PEOPLE.get_many(ids).items()}


def find_active(user_id: int) -> User | None:
    """Return a person as pages show them; None when the account does not exist or is not active."""
    person = people([user_id]).get(user_id)
    return person if person is not None and person.is_active else None


def followees(user_id: int) -> Followees:
    """Return whom somebody follows."""
    ids, popular = FOLLOWEES.get(user_id) or ([], [])
    return Followees(ids, popular)


def suggested_to(user: User, limit: int = 12) -> list[User]:
    """Return the newest active people whom `user` does not follow yet."""
    away = blocks_cache.for_user(user).blocked_either_way | blocks_cache.for_user(user).muted
    ids = [pk for pk in SUGGESTIONS.get(user.pk) or [] if pk not in away][:limit]
    found = people(ids)
    return [found[user_id] for user_id in ids if user_id in found and found[user_id].is_active]


def invalidate_people(user_ids: Iterable[int]) -> None:
    """Forget what is kept of these people."""
    PEOPLE.invalidate(user_ids)


def invalidate_follows(follower_ids: Iterable[int]) -> None:
    """Forget whom these people follow, and whom they might."""
    changed = set(follower_ids)
    FOLLOWEES.invalidate(changed)
    SUGGESTIONS.invalidate(changed)


def listen() -> None:
    """Hear of what is saved and deleted from now on."""
    for signal in (post_save, post_delete):
        signal.connect(_note_person, sender=User, dispatch_uid="accounts.people_cache")
        signal.connect(_note_follow, sender=Follow, dispatch_uid="accounts.people_cache")
        signal.connect(_note_avoidance, sender=Avoidance, dispatch_uid="accounts.people_cache")
    people_updated.connect(_note_people, dispatch_uid="accounts.people_cache")


def _note_person(instance: User, update_fields: frozenset[str] | None = None, **said: Any) -> None:
    if update_fields is None or update_fields - SECRET:  # signing in changes nothing that pages show
        invalidate_people([instance.pk])


def _note_people(ids: list[int], **said: Any) -> None:
    invalidate_people(ids)


def _note_follow(instance: Follow, **said: Any) -> None:
    invalidate_follows([instance.follower_id])


def _note_avoidance(instance: Avoidance, **said: Any) -> None:
    blocks_cache.invalidate([instance.person_id, instance.other_id])


def _user_from(values: dict[str, Any]) -> User:
    """Return a person as of a row that was read in part."""
    names = [field.attname for field in User._meta.concrete_fields if field.attname in values]
    return User.from_db(None, names, [values[name] for name in names])


def _people(ids: list[int]) -> dict[int, dict[str, Any]]:
    names = [field.attname for field in User._meta.concrete_fields if field.attname not in SECRET]
    return {row["id"]: row for row in User.objects.filter(pk__in=ids).values(*names)}


def _followees(ids: list[int]) -> dict[int, tuple[list[int], list[int]]]:
    found = {}
    for follower_id in ids:
        follows = Follow.objects.filter(follower_id=follower_id).order_by("-pk")
        rows = list(follows.values_list("followee_id", "followee__popular_since")[:FOLLOWED_UP_TO])
        found[follower_id] = ([pk for pk, _ in rows], [pk for pk, since in rows if since])
    return found


def _suggested(ids: list[int]) -> dict[int, list[int]]:
    return {user_id: User.objects.not_followed_by(user_id, SUGGESTED) for user_id in ids}


PEOPLE: Group[int, dict[str, Any]] = Group("people", _people, fresh_seconds=60)
FOLLOWEES: Group[int, tuple[list[int], list[int]]] = Group("followees", _followees, fresh_seconds=60)
SUGGESTIONS: Group[int, list[int]] = Group("suggestions", _suggested, fresh_seconds=300)
