"""Sets of people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import User


class UserManager(DjangoUserManager["User"]):
    """Usernames are lower case; people are found by them in any case."""

    def get_by_username(self, username: str) -> "User":
        """Return the active person of that name. Raises User.DoesNotExist."""
        return self.get(username=username.lower(), is_active=True)

    def by_ids(self, ids: Iterable[int]) -> dict[int, "User"]:
        """Return {id: person} in one query; ids that do not exist are left out."""
        wanted = set(ids)
        return self.in_bulk(wanted) if wanted else {}

    def named_like(self, words: list[str], limit: int = 12) -> list["User"]:
        """Return active people whose name or username has a word that begins with each of these, newest first."""
        if not words:
            return []
        asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
        matching = Q(words=asked)
        if len(words) == 1:
            matching |= Q(username__startswith=words[0])  # also within what text search takes for one word
        people = self.alias(words=SearchVector("name", "username", config="simple"))
        people = people.filter(matching, is_active=True)
        return list(people.order_by("-pk")[:limit])

    def suggested_to(self, user: "User", limit: int = 12) -> list["User"]:
        """Return the newest active people whom `user` does not follow yet; the staff is not company."""
        others = (
            self.filter(is_active=True, is_staff=False).exclude(pk=user.pk).exclude(followers__follower=user)
        )
        return list(others.order_by("-pk")[:limit])
