"""Many of one's own photos at once: selected, changed, and that undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.relationship import Relationship
from accounts.views import is_htmx, send_to_sign_in, signed_in, viewer
from photos.display import cards
from photos.library import albums, bulk
from photos.models import Act, Album, Photo, Visibility
from photos.models.querysets import PhotoQuerySet
from photos.views.albums import done, own_album_or_404, position_asked_for, url_behind
from photos.views.pages import COUNTED_UP_TO, cursor, next_url, parsed_pid
from photos.views.trash import ticked

PAGE = 60


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def organise(request: HttpRequest) -> HttpResponse:
    """One's own photos, or those of one album (`album`), to be ticked; POST does one thing (`act`) to those ticked."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    album = own_album_or_404(request, request.GET["album"]) if request.GET.get("album") else None
    own = Photo.objects.listed_for(Relationship.OWNER, me.pk)
    if request.method == "POST":
        return _act(request, me, album, own)
    photos, next_one = _page_of(request, own, album)
    context: dict[str, Any] = {
        "tiles": [cards.tile(photo) for photo in photos],
        "next_url": next_one,
        "album": album,
    }
    if is_htmx(request):
        return render(request, "photos/organise/select.html#tiles", context)
    shown = albums.seen_in(album, own) if album else own
    context |= {
        "back_url": album.get_absolute_url() if album else me.get_absolute_url(),
        "total": shown[:COUNTED_UP_TO].count(),
        "levels": Visibility.choices,
        "own_albums": Album.objects.of(me.pk).order_by("-pk"),
        "done": done(request, me),
    }
    return render(request, "photos/organise/select.html", context)


@require_POST
@signed_in
def undo(request: HttpRequest, pid: str) -> HttpResponse:
    """Undo an act of a moment ago, and go back to where that was offered."""
    me = viewer(request)
    if me is None or not bulk.undo(me.pk, parsed_pid(pid)):
        messages.info(request, _("That cannot be undone any more."))
    else:
        messages.success(request, _("It is undone."))
    if request.POST.get("back") == "duplicates":
        return redirect("duplicates")
    album = request.POST.get("album", "")
    return redirect(f"/organise/?album={album}" if album else "/organise/")


def _page_of(request: HttpRequest, own: PhotoQuerySet, album: Album | None) -> tuple[list[Photo], str | None]:
    if album is not None:
        photos, last = albums.page(album, own, after=position_asked_for(request), limit=PAGE)
        return photos, url_behind(request, last, album=album.pid)
    found = list(own.newest(PAGE + 1, before=cursor(request)))
    return found[:PAGE], next_url(request, found[PAGE - 1].pk if len(found) > PAGE else None)


def _act(request: HttpRequest, me: User, album: Album | None, own: PhotoQuerySet) -> HttpResponse:
    query = f"?album={album.pid}&" if album else "?"
    chosen = _chosen(request, album, own)
    if not chosen:
        messages.info(request, _("Select some photos first."))
        return redirect(f"/organise/{query}")
    try:
        act = _done_to(chosen, request, me, album)
    except bulk.Refused as error:
        messages.error(request, str(error))
        return redirect(f"/organise/{query}")
    return redirect(f"/organise/{query}done={act.pid}")


def _chosen(request: HttpRequest, album: Album | None, own: PhotoQuerySet) -> list[int]:
    """Return the photos that were ticked, or as many of the list as can be changed at once."""
    if not request.POST.get("everything"):
        return [parsed_pid(pid) for pid in ticked(request)][: bulk.MAX_AT_ONCE]
    shown = albums.seen_in(album, own) if album else own.order_by("-pk")
    return list(shown.values_list("pk", flat=True)[: bulk.MAX_AT_ONCE])


def _done_to(chosen: list[int], request: HttpRequest, me: User, album: Album | None) -> Act:
    said = request.POST
    acts: dict[str, Callable[[], Act]] = {
        "caption": lambda: bulk.describe(me.pk, chosen, said.get("caption", "")),
        "tag": lambda: bulk.add_tags(me.pk, chosen, said.get("tags", "")),
        "untag": lambda: bulk.remove_tags(me.pk, chosen, said.get("tags", "")),
        "visibility": lambda: bulk.set_visibility(me.pk, chosen, said.get("visibility", "")),
        "add": lambda: bulk.add_to_album(_album_to_fill(request, me), chosen),
        "trash": lambda: bulk.put_in_trash(me.pk, chosen),
        "": _nothing_chosen,
    }
    if album is not None:
        acts["remove"] = lambda: bulk.remove_from_album(album, chosen)
    wanted = acts.get(said.get("act", ""))
    if wanted is None:
        raise Http404
    return wanted()


def _nothing_chosen() -> Act:
    """Whoever presses Enter in the form without a script has said what, and not what with it."""
    raise bulk.Refused(_("Please press the button of what you want to do with the photos."))


def _album_to_fill(request: HttpRequest, me: User) -> Album:
    title = request.POST.get("title", "")
    if not title.strip():
        if not request.POST.get("album"):
            raise bulk.Refused(_("Please choose an album, or give a new one a title."))
        return own_album_or_404(request, request.POST["album"])
    try:
        return albums.create(me.pk, title=title)
    except albums.Refused as error:
        raise bulk.Refused(str(error)) from error
