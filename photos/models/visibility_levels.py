"""The one rule of who may see a photo or an album, as two tables from relationship to visibility levels.

`LISTED`: what lists show (feed, profile, explore, tags, search). `REACHABLE`: what someone with the URL may open.
Pages apply the tables through `PhotoQuerySet`, `AlbumQuerySet`, `photos.social.audience`, and for the page of one album
`album_or_404` of `photos.views.http.lookups`. Defines no rows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from accounts.relations.relationship import Relationship


class Visibility(models.TextChoices):
    """Who may see a photo or open an album, as stored in the rows."""

    PUBLIC = "public", _("Everyone")
    UNLISTED = "unlisted", _("Anyone with the link")
    FOLLOWERS = "followers", _("Followers")
    PRIVATE = "private", _("Only you")


Levels = tuple[str, ...]

LISTED: Final[Mapping[Relationship, Levels]] = MappingProxyType(
    {
        Relationship.BLOCKED: (),
        Relationship.STRANGER: (Visibility.PUBLIC,),
        Relationship.FOLLOWER: (Visibility.PUBLIC, Visibility.FOLLOWERS),
        Relationship.OWNER: tuple(Visibility),
    }
)
REACHABLE: Final[Mapping[Relationship, Levels]] = MappingProxyType(
    {
        Relationship.BLOCKED: (),
        Relationship.STRANGER: (Visibility.PUBLIC, Visibility.UNLISTED),
        Relationship.FOLLOWER: (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS),
        Relationship.OWNER: tuple(Visibility),
    }
)


def said(level: str) -> str:
    """Return the name of a level that a form names, or the text itself if there is no such level."""
    return str(Visibility(level).label) if level in Visibility.values else level


# The meaning of each level, for the owner who chooses one.
DESCRIPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Visibility.PUBLIC: gettext_noop("In feeds, in search, on your profile."),
        Visibility.UNLISTED: gettext_noop(
            "Not listed anywhere. Everyone who has the address of its page can see it."
        ),
        Visibility.FOLLOWERS: gettext_noop("People who follow you, in their feeds and on your profile."),
        Visibility.PRIVATE: gettext_noop("No one else can see it."),
    }
)
# The same in few words, for the end of a sentence.
AUDIENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Visibility.PUBLIC: gettext_noop("everyone sees it"),
        Visibility.UNLISTED: gettext_noop("anyone with the link sees it"),
        Visibility.FOLLOWERS: gettext_noop("your followers see it"),
        Visibility.PRIVATE: gettext_noop("only you see it"),
    }
)
# Levels that lists show to every reader, signed in or not.
FOR_ALL: Final = LISTED[Relationship.STRANGER]
# Levels that lists show to followers in addition.
FOR_FOLLOWERS: Final = tuple(level for level in LISTED[Relationship.FOLLOWER] if level not in FOR_ALL)


def options() -> list[tuple[str, str, str]]:
    """Return (level, name, description) of each level, translated, from the widest audience to the narrowest."""
    return [(level.value, str(level.label), gettext(DESCRIPTIONS[level])) for level in Visibility]
