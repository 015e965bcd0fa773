"""Changing many of one's own photos at once, and undoing that."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.relations.relationship import Relationship
from accounts.requests import SignedInRequest, signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.library import album_contents, albums, bulk
from photos.models import Act, Album, Photo, Visibility
from photos.models.querysets import PhotoQuerySet
from photos.views.http.lookups import own_album_or_404, undoable_act
from photos.views.http.paging import COUNTED_UP_TO, cursor, next_url, position, url_behind
from photos.views.http.parameters import parsed_pid, ticked_ids

PAGE = 60


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def organise(request: SignedInRequest) -> HttpResponse:
    """Show the viewer's own photos, or those of an album (`album`), for ticking; POST does `act` to the ticked ones."""
    me = request.user
    album = own_album_or_404(request, request.GET["album"]) if request.GET.get("album") else None
    own = Photo.objects.listed_for(Relationship.OWNER, me.pk)
    if request.method == "POST":
        return _act(request, album, own)
    photos, next_page = _page(request, own, album)
    context: dict[str, Any] = {
        "tiles": cards.tiles(photos, Reader.OWNER),
        "next_url": next_page,
        "album": album,
    }
    if request.htmx:
        return render(request, "photos/organise/select.html#tiles", context)
    listed = album_contents.photos_in(album, own) if album else own
    context |= {
        "back_url": album.get_absolute_url() if album else me.get_absolute_url(),
        "total": listed[:COUNTED_UP_TO].count(),
        "levels": Visibility.choices,
        "own_albums": Album.objects.of(me.pk).order_by("-pk"),
        "done": undoable_act(request),
    }
    return render(request, "photos/organise/select.html", context)


@require_POST
@signed_in
def undo(request: SignedInRequest, pid: str) -> HttpResponse:
    """Undo an act, and go back to the page that offered that."""
    if bulk.undo(request.user.pk, parsed_pid(pid)):
        messages.success(request, _("Undone."))
    else:
        messages.info(request, _("This cannot be undone any more."))
    if request.POST.get("back") == "duplicates":
        return redirect("duplicates")
    return redirect(_address(album=request.POST.get("album", "")))


def _page(
    request: SignedInRequest, own: PhotoQuerySet[Photo], album: Album | None
) -> tuple[list[Photo], str | None]:
    if album is not None:
        photos, last = album_contents.page(album, own, after=position(request), limit=PAGE)
        return photos, url_behind(request, last, album=album.pid)
    photos = list(own.newest(PAGE + 1, before=cursor(request)))
    return photos[:PAGE], next_url(request, photos[PAGE - 1].pk if len(photos) > PAGE else None)


def _act(request: SignedInRequest, album: Album | None, own: PhotoQuerySet[Photo]) -> HttpResponse:
    album_pid = album.pid if album else ""
    chosen = _chosen(request, album, own)
    if not chosen:
        messages.info(request, _("Select some photos first."))
        return redirect(_address(album=album_pid))
    try:
        act = _do(request, chosen, album)
    except bulk.Refused as error:
        messages.error(request, str(error))
        return redirect(_address(album=album_pid))
    return redirect(_address(album=album_pid, done=act.pid))


def _address(**query: str) -> str:
    """Return the page's address with those parameters that are not empty."""
    text = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse('organise')}?{text}" if text else reverse("organise")


def _chosen(request: SignedInRequest, album: Album | None, own: PhotoQuerySet[Photo]) -> list[int]:
    """Return the ids of the ticked photos, or of the whole list (`everything`); no more than an act may change."""
    if not request.POST.get("everything"):
        return ticked_ids(request)[: bulk.MAX_AT_ONCE]
    listed = album_contents.photos_in(album, own) if album else own.order_by("-pk")
    return list(listed.values_list("pk", flat=True)[: bulk.MAX_AT_ONCE])


def _do(request: SignedInRequest, chosen: list[int], album: Album | None) -> Act:
    me, form = request.user, request.POST
    acts: dict[str, Callable[[], Act]] = {
        "caption": lambda: bulk.set_caption(me.pk, chosen, form.get("caption", "")),
        "tag": lambda: bulk.add_tags(me.pk, chosen, form.get("tags", "")),
        "untag": lambda: bulk.remove_tags(me.pk, chosen, form.get("tags", "")),
        "visibility": lambda: bulk.set_visibility(me.pk, chosen, form.get("visibility", "")),
        "add": lambda: bulk.add_to_album(_album_to_fill(request), chosen),
        "trash": lambda: bulk.put_in_trash(me.pk, chosen),
        "": _no_button,
    }
    if album is not None:
        acts["remove"] = lambda: bulk.remove_from_album(album, chosen)
    act = acts.get(form.get("act", ""))
    if act is None:
        raise Http404
    return act()


def _no_button() -> Act:
    """Refuse a form that was sent with the Enter key, which names no act."""
    raise bulk.Refused(_("Please press the button of an action for the photos."))


def _album_to_fill(request: SignedInRequest) -> Album:
    title = request.POST.get("title", "")
    if not title.strip():
        if not request.POST.get("album"):
            raise bulk.Refused(_("Please choose an album, or enter a title for a new one."))
        return own_album_or_404(request, request.POST["album"])
    try:
        return albums.create(request.user.pk, title=title)
    except albums.Refused as error:
        raise bulk.Refused(str(error)) from error
