"""Create, change and delete albums.

An album holds its owner's photos only, so an album and its photos are on one shard.
`album_places` keeps the order of its photos, `album_contents` and `album_lists` answer what a visitor sees.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from photos.models import Album, Visibility
from photos.text import cleaning
from sharding.rows.transactions import shard_atomic

MAX_ALBUMS = 1_000


class Refused(ValueError):
    """The album cannot be like this or hold that; the message is for its owner."""


def create(owner_id: int, *, title: str, description: str = "", visibility: str = Visibility.PUBLIC) -> Album:
    """Create an empty album. Raises Refused."""
    fields = _cleaned_fields(title, description, visibility)
    album = Album(owner_id=owner_id, created_at=timezone.now(), **fields)
    with shard_atomic(owner_id=owner_id):
        if Album.objects.of(owner_id).count() >= MAX_ALBUMS:
            raise Refused(_("You can have up to %(most)s albums.") % {"most": f"{MAX_ALBUMS:,}"})
        album.save()
    return album


def change(album: Album, *, title: str, description: str, visibility: str) -> Album:
    """Change an album's title, description and visibility. Raises Refused."""
    fields = _cleaned_fields(title, description, visibility)
    for name, value in fields.items():
        setattr(album, name, value)
    album.save(update_fields=list(fields))
    return album


def delete(album: Album) -> None:
    """Delete an album; its photos stay."""
    album.delete()


def _cleaned_fields(title: str, description: str, visibility: str) -> dict[str, str]:
    fields = {
        "title": cleaning.one_line(title),
        "description": cleaning.paragraphs(description),
        "visibility": visibility,
    }
    if not fields["title"]:
        raise Refused(_("Please enter a title for the album."))
    if len(fields["title"]) > Album.TITLE_LENGTH or len(fields["description"]) > Album.DESCRIPTION_LENGTH:
        message = _("A title can have up to %(title)s characters, a description up to %(description)s.")
        limits = {"title": Album.TITLE_LENGTH, "description": f"{Album.DESCRIPTION_LENGTH:,}"}
        raise Refused(message % limits)
    if visibility not in Visibility.values:
        raise Refused(_("Please choose who can open the album."))
    return fields
