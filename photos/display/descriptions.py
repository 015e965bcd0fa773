"""What stands for a photo in words: its alternative text, as far as the reader may know what is in it."""

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Self

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.profile_card import Person
from accounts.relations.relationship import Relationship
from photos.display import camera_facts
from photos.models import Photo


class Reader(Enum):
    """The kinds of readers of a description. A guest came by a share link, which shows picture and caption alone."""

    OWNER = "owner"
    VISITOR = "visitor"
    GUEST = "guest"

    @classmethod
    def from_relationship(cls, relation: Relationship) -> Self:
        """Return the reader who stands in this relationship to the photo's owner."""
        return cls("owner" if relation == Relationship.OWNER else "visitor")

    @classmethod
    def from_ids(cls, viewer_id: int | None, owner_id: int) -> Self:
        """Return the reader that a viewer is of an owner's photo."""
        return cls("owner" if viewer_id == owner_id else "visitor")


def alternative_text(photo: Photo, reader: Reader, by: Person | None = None) -> str:
    """Return what the owner wrote of a photo, or what is known of it: never empty.

    Camera and place are on the photo's page for everybody but guests; the file name is for the owner alone.
    """
    return photo.alt or photo.caption or ", ".join(_known(photo, reader, by))


def told_apart(names: Iterable[str]) -> list[str]:
    """Return names of which no two are equal: the second of these words is "words (2)"."""
    counted: Counter[str] = Counter()
    apart = []
    for name in names:
        counted[name] += 1
        apart.append(name if counted[name] == 1 else f"{name} ({counted[name]})")
    return apart


def _known(photo: Photo, reader: Reader, by: Person | None) -> list[str]:
    known = [_("Photo by %(name)s") % {"name": by.display_name} if by else _("Photo")]
    if reader == Reader.GUEST:
        return [*known, _uploaded(photo)]
    place = camera_facts.place_to_read(photo.latitude, photo.longitude, photo.location)
    known += [
        camera_facts.taken(photo.facts.get("taken_at", "")) or _uploaded(photo),
        camera_facts.camera_name(photo.facts.get("make", ""), photo.facts.get("model", "")),
        place.text if place else "",
        photo.filename if reader == Reader.OWNER else "",
    ]
    return [fact for fact in known if fact]


def _uploaded(photo: Photo) -> str:
    moment = date_format(timezone.localtime(photo.created_at), "DATETIME_FORMAT")
    return _("uploaded on %(moment)s") % {"moment": moment}
