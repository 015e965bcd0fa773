"""Sets of people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.dispatch import Signal

if TYPE_CHECKING:
    from accounts.models import Avoidance, User  # noqa: F401 - named in a string below

# The signal that Django itself does not send: rows were changed by one statement, {"ids": theirs}.
people_updated = Signal()


class UserQuerySet(QuerySet["User"]):
    """People. Changing several at once is heard of as saving one is."""

    def update(self, **kwargs: Any) -> int:
        ids = list(self.values_list("pk", flat=True))
        changed = super().update(**kwargs)
        people_updated.send(self.model, ids=ids)
        return changed

    update.alters_data = True  # type: ignore[attr-defined]  # so that templates cannot call it


class UserManager(DjangoUserManager["User"]):
    """Usernames are lower case; people are found by them in any case."""

    def get_queryset(self) -> UserQuerySet:
        """Return everybody."""
        return UserQuerySet(self.model, using=self._db)

    def get_by_username(self, username: str) -> "User":
        """Return the active person of that name. Raises User.DoesNotExist."""
        return self.get(username=username.lower(), is_active=True)

    def named_like(self, words: list[str], limit: int = 12, *, but: Iterable[int] = ()) -> list["User"]:
        """Return active people whose name or username has a word that begins with each of these, newest first.

        `but` are people to leave out.
        """
        if not words:
            return []
        asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
        matching = Q(words=asked)
        if len(words) == 1:
            matching |= Q(username__startswith=words[0])  # also within what text search takes for one word
        people = self.alias(words=SearchVector("name", "username", config="simple"))
        people = people.filter(matching, is_active=True).exclude(pk__in=but)
        return list(people.order_by("-pk")[:limit])

    def not_followed_by(self, user_id: int, limit: int) -> list[int]:
        """Return the ids of the newest active people whom somebody does not follow; the staff is no company."""
        others = (
            self.filter(is_active=True, is_staff=False)
            .exclude(pk=user_id)
            .exclude(followers__follower=user_id)
        )
        return list(others.order_by("-pk").values_list("pk", flat=True)[:limit])


class AvoidanceQuerySet(QuerySet["Avoidance"]):
    """Who keeps whom away."""

    def concerning(self, user_id: int) -> Self:
        """Return what decides whom somebody sees: what they chose, and who blocked them."""
        return self.filter(Q(person_id=user_id) | Q(other_id=user_id, kind="block"))

    def blocks_between(self, some: Iterable[int], others: Iterable[int]) -> Self:
        """Return the blocks by any of these people of any of those, and the other way round."""
        there, back = Q(person_id__in=some, other_id__in=others), Q(person_id__in=others, other_id__in=some)
        return self.filter(there | back, kind="block")
