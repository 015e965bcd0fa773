"""Querysets and managers of people and of blocks."""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Model, Q, QuerySet
from django.dispatch import Signal

# The models are type arguments, because accounts.models imports this module.
U = TypeVar("U", bound=AbstractUser)
M = TypeVar("M", bound=Model)

# Sent after `update()`, for which Django sends no signal, with {"ids": ids of the updated rows}.
people_updated = Signal()


class UserQuerySet(QuerySet[U]):
    """Users. `update()` sends `people_updated`, so that cached values end as they do after `save()`."""

    def update(self, **kwargs: Any) -> int:
        ids = list(self.values_list("pk", flat=True))
        changed = super().update(**kwargs)
        people_updated.send(self.model, ids=ids)
        return changed

    update.alters_data = True  # type: ignore[attr-defined]  # so that templates cannot call it


class UserManager(DjangoUserManager[U]):
    """Finds people by name or by words; usernames are stored in lower case and found in any case."""

    def get_queryset(self) -> UserQuerySet[U]:
        """Return all users."""
        return UserQuerySet(self.model, using=self._db)

    def get_by_username(self, username: str) -> U:
        """Return the active person of that name. Raises User.DoesNotExist."""
        return self.get(username=username.lower(), is_active=True)

    def named_like(self, words: list[str], limit: int = 12, *, but: Iterable[int] = ()) -> list[U]:
        """Return active people, newest first, whose name or username has, for each of `words`, a word that begins so.

        `but` are ids to leave out.
        """
        if not words:
            return []
        query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
        matching = Q(words=query)
        if len(words) == 1:
            matching |= Q(username__startswith=words[0])  # text search takes "ana.banana" for one word
        people = self.alias(words=SearchVector("name", "username", config="simple"))
        people = people.filter(matching, is_active=True).exclude(pk__in=but)
        return list(people.order_by("-pk")[:limit])

    def not_followed_by(self, user_id: int, limit: int) -> list[int]:
        """Return ids of the newest active people a user does not follow, without the staff."""
        others = (
            self.filter(is_active=True, is_staff=False)
            .exclude(pk=user_id)
            .exclude(followers__follower=user_id)
        )
        return list(others.order_by("-pk").values_list("pk", flat=True)[:limit])


class AvoidanceQuerySet(QuerySet[M]):
    """Blocks and mutes."""

    def concerning(self, user_id: int) -> Self:
        """Return the user's own blocks and mutes, and the blocks of the user by others."""
        return self.filter(Q(person_id=user_id) | Q(other_id=user_id, kind="block"))

    def blocks_between(self, some: Iterable[int], others: Iterable[int]) -> Self:
        """Return the blocks of `some` by `others` and of `others` by `some`."""
        by_some, by_others = (
            Q(person_id__in=some, other_id__in=others),
            Q(person_id__in=others, other_id__in=some),
        )
        return self.filter(by_some | by_others, kind="block")
