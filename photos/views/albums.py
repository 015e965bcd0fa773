"""Albums: the lists of them, an album's page, and what its owner does to it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import people_cache, relationship
from accounts.models import User
from accounts.profile_card import Person
from accounts.relationship import Relationship
from accounts.views import is_htmx, person_or_404, send_to_sign_in, signed_in, viewer
from photos.display import cards
from photos.library import albums, bulk
from photos.models import Act, Album, Photo, Visibility, visibility_levels
from photos.views.edit import own_photo_or_404
from photos.views.http import view_as
from photos.views.pages import COUNTED_UP_TO, parsed_pid
from sharding.consistency import causal

PAGE = 40
ARRANGED = 100


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own(request: HttpRequest) -> HttpResponse:
    """One's own albums, with a form for a new one; POST makes it."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    if request.method != "POST":
        return _list(request, me, me)
    try:
        return redirect(albums.create(me.pk, **_said(request)))
    except albums.Refused as error:
        messages.error(request, str(error))
        return redirect("albums")


@require_safe
def of_person(request: HttpRequest, username: str) -> HttpResponse:
    """Somebody's albums, as far as the visitor may open them."""
    me = viewer(request)
    return _list(request, me, person_or_404(username, me))


@require_safe
@vary_on_headers("HX-Request")
def album(request: HttpRequest, pid: str) -> HttpResponse:
    """The photos of an album in their order, as far as the visitor may see them."""
    me = viewer(request)
    found, owner, tie = album_or_404(request, pid)
    eyes, level = view_as.of(request, tie), Visibility(found.visibility)
    if eyes.is_preview and level not in visibility_levels.REACHABLE[eyes.tie]:
        return render(
            request, "photos/view_as/unseen.html", {"guise": eyes, "seen_by": level.label, "is_album": True}
        )
    visible = albums.visible_in(found, eyes.tie)
    photos, last = albums.page(found, visible, after=position_asked_for(request), limit=PAGE)
    further = url_behind(request, last)
    context: dict[str, Any] = {
        "album": found,
        "tiles": eyes.onto_tiles([cards.tile(photo) for photo in photos]),
        "next_url": eyes.onto(further) if further else None,
    }
    if is_htmx(request):
        return render(request, "photos/album/album.html#tiles", context)
    is_owner = eyes.tie == Relationship.OWNER
    context |= {
        "owner": Person.from_user(owner),
        "guise": eyes,
        "is_owner": is_owner,
        "is_public": level in visibility_levels.FOR_ALL,
        "photo_count": albums.seen_in(found, visible)[:COUNTED_UP_TO].count(),
        "levels": Visibility.choices,
        "level": level.label,
        "done": done(request, me) if is_owner else None,
    }
    return render(request, "photos/album/album.html", context)


@require_POST
@signed_in
def change(request: HttpRequest, pid: str) -> HttpResponse:
    """Take another title, description or level."""
    found = own_album_or_404(request, pid)
    try:
        albums.change(found, **_said(request))
    except albums.Refused as error:
        messages.error(request, str(error))
        return redirect(found)
    if not request.POST.get("photos_too"):
        return redirect(found)
    inside = albums.places(found).values_list("photo_id", flat=True)
    act = bulk.set_visibility(found.owner_id, inside, found.visibility)
    return redirect(f"{found.get_absolute_url()}?done={act.pid}")


@require_POST
@signed_in
def delete(request: HttpRequest, pid: str) -> HttpResponse:
    """Delete an album, not its photos."""
    found = own_album_or_404(request, pid)
    albums.delete(found)
    messages.success(
        request,
        _("The album “%(title)s” is deleted. Its photos are still among your photos.")
        % {"title": found.title},
    )
    return redirect("albums")


@require_safe
@signed_in
def arrange(request: HttpRequest, pid: str) -> HttpResponse:
    """The photos of one's own album, to be put into another order."""
    found = own_album_or_404(request, pid)
    own_photos = Photo.objects.reachable_by(Relationship.OWNER, found.owner_id)
    after = position_asked_for(request)
    photos, last = albums.page(found, own_photos, after=after, limit=ARRANGED)
    context = {
        "album": found,
        "places": [(cards.tile(photo), photo.pk == found.cover_id) for photo in photos],
        "next_url": url_behind(request, last),
        "is_first_page": after is None,
    }
    return render(request, "photos/album/arrange.html", context)


@require_POST
@signed_in
def move(request: HttpRequest, pid: str) -> HttpResponse:
    """Put a photo one place earlier or later (`to`), or next to another one (`before`, `behind`)."""
    found, said = own_album_or_404(request, pid), request.POST
    photo_id = parsed_pid(said.get("photo", ""))
    if "before" in said:
        albums.move(found, photo_id, before=parsed_pid(said["before"]))
    elif "behind" in said:
        albums.move_behind(found, photo_id, parsed_pid(said["behind"]))
    else:
        albums.step(found, photo_id, is_later=said.get("to") == "later")
    return _arranged(request, found)


@require_POST
@signed_in
def cover(request: HttpRequest, pid: str) -> HttpResponse:
    """Let a photo of the album stand for it."""
    found = own_album_or_404(request, pid)
    albums.set_cover(found, parsed_pid(request.POST.get("photo", "")))
    return _arranged(request, found)


@require_POST
@signed_in
def remove(request: HttpRequest, pid: str) -> HttpResponse:
    """Take a photo out of an album."""
    found = own_album_or_404(request, pid)
    albums.remove(found, [parsed_pid(request.POST.get("photo", ""))])
    return _arranged(request, found)


@require_POST
@signed_in
def of_photo(request: HttpRequest, pid: str) -> HttpResponse:
    """Put one's own photo into the albums that are ticked and out of the others; `title` makes a new one."""
    photo = own_photo_or_404(request, pid)[1]
    ticked = set(request.POST.getlist("album"))
    with causal.pin():
        known = albums.choices(photo)
    try:
        if request.POST.get("title", "").strip():
            albums.add(albums.create(photo.owner_id, **_said(request)), [photo.pk])
        for choice in known:
            if choice.is_in != (choice.album.pid in ticked):
                (albums.remove if choice.is_in else albums.add)(choice.album, [photo.pk])
    except albums.Refused as error:
        messages.error(request, str(error))
    return redirect(photo)


def album_or_404(request: HttpRequest, pid: str) -> tuple[Album, User, Relationship]:
    """Return the album of that address if the visitor may open it, its owner, and what the visitor is to them."""
    album: Album | None = Album.objects.locate(parsed_pid(pid)).first()
    owner = people_cache.find_active(album.owner_id) if album else None
    if album is None or owner is None:
        raise Http404
    tie = relationship.between(viewer(request), owner.pk)
    if album.visibility not in visibility_levels.REACHABLE[tie]:
        raise Http404
    return album, owner, tie


def own_album_or_404(request: HttpRequest, pid: str) -> Album:
    """Return the viewer's own album, as its primary has it; to anybody else it does not exist."""
    me = viewer(request)
    with causal.pin():
        found: Album | None = Album.objects.locate(parsed_pid(pid)).first()
    if me is None or found is None or found.owner_id != me.pk:
        raise Http404
    return found


def done(request: HttpRequest, me: User | None) -> Act | None:
    """Return what the page before has done to many photos (`done`), while it can be undone."""
    act = request.GET.get("done")
    return bulk.find(me.pk, parsed_pid(act)) if act and me is not None else None


def position_asked_for(request: HttpRequest) -> int | None:
    """Return the position behind which the asked-for page begins."""
    after = request.GET.get("after", "")
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None


def url_behind(request: HttpRequest, position: int | None, **query: str) -> str | None:
    """Return the address of the page behind a position, with its path: the lightbox has another in the bar."""
    return f"{request.path}?{urlencode({**query, 'after': position})}" if position else None


def _list(request: HttpRequest, me: User | None, owner: User) -> HttpResponse:
    eyes = view_as.of(request, relationship.between(me, owner.pk))
    visible = Photo.objects.listed_for(eyes.tie, owner.pk)
    shelf = albums.listed(Album.objects.listed_for(eyes.tie, owner.pk), visible)
    is_self = eyes.tie == Relationship.OWNER
    context = {
        "owner": Person.from_user(owner),
        "guise": eyes,
        "is_self": is_self,
        "levels": Visibility.choices,
        "shelf": [
            {
                "album": each.album,
                "count": each.count,
                "cover": cards.tile(each.cover) if each.cover else None,
                "level": Visibility(each.album.visibility).label if is_self else "",
            }
            for each in shelf
        ],
    }
    return render(request, "photos/album/albums.html", context)


def _said(request: HttpRequest) -> dict[str, str]:
    names = ("title", "description", "visibility")
    return {name: request.POST.get(name, "") for name in names} | {
        "visibility": request.POST.get("visibility") or Visibility.PUBLIC
    }


def _arranged(request: HttpRequest, found: Album) -> HttpResponse:
    """Answer a script that has moved the tile itself, or show the page of places again, where it was."""
    if is_htmx(request):
        return HttpResponse(status=204)
    after, photo = request.POST.get("after", ""), request.POST.get("photo", "")
    query = f"?after={after}" if after.isdecimal() else ""
    return redirect(f"{found.get_absolute_url()}arrange/{query}#place-{photo}")
