"""Rows that an address names, for a viewer who may see or change them. To any other viewer they do not exist: 404."""

from typing import NamedTuple

from django.http import Http404, HttpRequest

from accounts.models import User
from accounts.relations import people_cache, relationship
from accounts.relations.relationship import Relationship
from accounts.requests import SignedInRequest, viewer
from photos.library import bulk
from photos.models import Act, Album, Comment, Photo, visibility_levels
from photos.social import audience, comments
from photos.views.http.parameters import parsed_pid
from sharding.consistency import causal
from sharding.rows import ids


class VisibleAlbum(NamedTuple):
    """An album, its active owner, and what the viewer is to the owner."""

    album: Album
    owner: User
    relationship: Relationship


def photo_or_404(request: HttpRequest, pid: str) -> audience.VisiblePhoto:
    """Return the photo, its owner and the relationship if the viewer may open the photo's page."""
    found = audience.load_visible(parsed_pid(pid), viewer(request))
    if found is None:
        raise Http404
    return found


def shown_or_404(request: HttpRequest, pid: str) -> Photo:
    """Return a photo that the viewer may open and that there is a picture of: only such a one is liked or discussed."""
    photo = photo_or_404(request, pid).photo
    if not photo.is_shown:
        raise Http404
    return photo


def own_photo_or_404(request: SignedInRequest, pid: str) -> Photo:
    """Return the viewer's own photo, as its primary has it, unless it is in the trash."""
    with causal.pin():
        photo: Photo | None = Photo.objects.locate(parsed_pid(pid)).kept().first()
    if photo is None or photo.owner_id != request.user.pk:
        raise Http404
    return photo


def album_or_404(request: HttpRequest, pid: str) -> VisibleAlbum:
    """Return the album, its owner and the relationship if the viewer may open the album."""
    album: Album | None = Album.objects.locate(parsed_pid(pid)).first()
    owner = people_cache.find_active(album.owner_id) if album else None
    if album is None or owner is None:
        raise Http404
    relation = relationship.between(viewer(request), owner.pk)
    if album.visibility not in visibility_levels.REACHABLE[relation]:
        raise Http404
    return VisibleAlbum(album, owner, relation)


def own_album_or_404(request: SignedInRequest, pid: str) -> Album:
    """Return the viewer's own album, as its primary has it."""
    with causal.pin():
        album: Album | None = Album.objects.locate(parsed_pid(pid)).first()
    if album is None or album.owner_id != request.user.pk:
        raise Http404
    return album


def comment_or_404(photo_id: int, comment_id: int) -> Comment:
    """Return a comment below a photo, unless its words were deleted."""
    comment = comments.find(comment_id, photo_id) if comment_id <= ids.MAX_ID else None
    if comment is None:
        raise Http404
    return comment


def undoable_act(request: SignedInRequest) -> Act | None:
    """Return what the page before has done to many photos (`done`), while it can be undone."""
    act = request.GET.get("done")
    return bulk.find_undoable(request.user.pk, parsed_pid(act)) if act else None
