"""Who sees a photo of which level: the one rule, as two tables. Every surface asks it by a queryset or by `audience`.

`LISTED` is what lists show (feed, profile, explore, tags, search), `REACHABLE` what whoever has a page's address gets.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models

from accounts.ties import Tie


class Visibility(models.TextChoices):
    """Who may see a photo."""

    PUBLIC = "public", "Everyone"
    UNLISTED = "unlisted", "Anyone with the link"
    FOLLOWERS = "followers", "Followers"
    PRIVATE = "private", "Only you"


Levels = tuple[str, ...]

LISTED: Final[Mapping[Tie, Levels]] = MappingProxyType(
    {
        Tie.APART: (),
        Tie.STRANGER: (Visibility.PUBLIC,),
        Tie.FOLLOWER: (Visibility.PUBLIC, Visibility.FOLLOWERS),
        Tie.OWNER: tuple(Visibility),
    }
)
REACHABLE: Final[Mapping[Tie, Levels]] = MappingProxyType(
    {
        Tie.APART: (),
        Tie.STRANGER: (Visibility.PUBLIC, Visibility.UNLISTED),
        Tie.FOLLOWER: (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS),
        Tie.OWNER: tuple(Visibility),
    }
)
# What an owner is told that each of them means.
SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Visibility.PUBLIC: "In feeds, in search, on your profile.",
        Visibility.UNLISTED: "On no list. Whoever has the address of its page sees it.",
        Visibility.FOLLOWERS: "People who follow you, in their feeds and on your profile.",
        Visibility.PRIVATE: "Nobody else, wherever they look.",
    }
)
# Levels that ask nobody who they are.
FOR_ALL: Final = LISTED[Tie.STRANGER]
# Levels for which it matters whether somebody follows.
FOR_FOLLOWERS: Final = tuple(level for level in LISTED[Tie.FOLLOWER] if level not in FOR_ALL)


def options() -> list[tuple[str, str, str]]:
    """Return (level, its name, what it means), from the widest circle to the narrowest."""
    return [(level.value, level.label, SAYS[level]) for level in Visibility]
