"""Albums: the lists of them, an album's page, and what its owner does to it."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.profile_card import Person
from accounts.relations import relationship
from accounts.relations.relationship import Relationship
from accounts.requests import (
    HtmxRequest,
    SignedInRequest,
    is_signed_in,
    person_or_404,
    signed_in,
    viewer,
)
from photos.display import cards
from photos.display.descriptions import Reader
from photos.library import album_contents, album_lists, album_places, albums, bulk
from photos.models import Album, Photo, Visibility, visibility_levels
from photos.views.http import meanwhile, photo_lists
from photos.views.http.lookups import album_or_404, own_album_or_404, own_photo_or_404, undoable_act
from photos.views.http.paging import COUNTED_UP_TO, position, url_behind
from photos.views.http.parameters import parsed_pid
from photos.views.http.view_as import ViewAs
from sharding.consistency import causal

PAGE = 40
ARRANGED = 100


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own_albums(request: SignedInRequest) -> HttpResponse:
    """List the viewer's own albums, with a form for a new one; POST creates it."""
    if request.method != "POST":
        return _list(request, request.user)
    try:
        return redirect(albums.create(request.user.pk, **_fields(request.POST)))
    except albums.Refused as error:
        messages.error(request, str(error))
        return redirect("albums")


@require_safe
def albums_of_person(request: HtmxRequest, username: str) -> HttpResponse:
    """List a person's albums, as far as the viewer may open them."""
    return _list(request, person_or_404(username, viewer(request)))


@require_safe
@vary_on_headers("HX-Request")
def album(request: HtmxRequest, pid: str) -> HttpResponse:
    """Show the photos of an album in their order, as far as the viewer may see them."""
    album, owner, relation = album_or_404(request, pid)
    view_as, level = ViewAs.from_request(request, relation), Visibility(album.visibility)
    if view_as.is_preview and level not in visibility_levels.REACHABLE[view_as.relationship]:
        context = {"view_as": view_as, "seen_by": level.label, "is_album": True}
        return render(request, "photos/view_as/unseen.html", context)
    visible = album_contents.visible_photos(album, view_as.relationship)
    photos, last = album_contents.page(album, visible, after=position(request), limit=PAGE)
    next_page = url_behind(request, last)
    tiles = cards.tiles(photos, Reader.from_relationship(view_as.relationship))
    context = {
        "album": album,
        "tiles": view_as.keep_in_tiles(photo_lists.tiles_in(photo_lists.of_album(album), tiles)),
        "next_url": view_as.keep_in(next_page) if next_page else None,
    }
    if request.htmx:
        return render(request, "photos/grid/page_of_tiles.html", context)
    is_owner = view_as.relationship == Relationship.OWNER
    context |= {
        "owner": Person.from_user(owner),
        "view_as": view_as,
        "is_owner": is_owner,
        "is_public": level in visibility_levels.FOR_ALL,
        "photo_count": album_contents.photos_in(album, visible)[:COUNTED_UP_TO].count(),
        "levels": Visibility.choices,
        "level": level.label,
        "done": undoable_act(request) if is_owner and is_signed_in(request) else None,
    }
    return render(request, "photos/album/album.html", context)


@require_POST
@signed_in
def change(request: SignedInRequest, pid: str) -> HttpResponse:
    """Change an album's title, description or level; with `photos_too` also the level of its photos."""
    album = own_album_or_404(request, pid)
    fields = {
        "title": meanwhile.Field(_("Title"), album.title),
        "description": meanwhile.Field(_("Description"), album.description),
        "visibility": meanwhile.Field(_("Who can open it"), album.visibility, visibility_levels.said),
    }
    sent = meanwhile.read(request, fields)
    if sent.clashes:
        return meanwhile.ask(request, sent, fields, back_url=album.get_absolute_url())
    try:
        albums.change(album, **_fields(sent.data))
    except albums.Refused as error:
        messages.error(request, str(error))
        return redirect(album)
    if not request.POST.get("photos_too"):
        return redirect(album)
    photo_ids = album_places.places(album).values_list("photo_id", flat=True)
    act = bulk.set_visibility(album.owner_id, photo_ids, album.visibility)
    return redirect(f"{album.get_absolute_url()}?done={act.pid}")


@require_POST
@signed_in
def delete(request: SignedInRequest, pid: str) -> HttpResponse:
    """Delete an album, not its photos."""
    album = own_album_or_404(request, pid)
    albums.delete(album)
    messages.success(
        request,
        _("The album “%(title)s” is deleted. Its photos are still among your photos.")
        % {"title": album.title},
    )
    return redirect("albums")


@require_safe
@signed_in
def arrange(request: SignedInRequest, pid: str) -> HttpResponse:
    """Show the photos of the viewer's own album, to be put into another order."""
    album = own_album_or_404(request, pid)
    own_photos = Photo.objects.reachable_by(Relationship.OWNER, album.owner_id)
    after = position(request)
    photos, last = album_contents.page(album, own_photos, after=after, limit=ARRANGED)
    tiles = zip(cards.tiles(photos, Reader.OWNER), photos, strict=True)
    context = {
        "album": album,
        "places": [(tile, photo.pk == album.cover_id) for tile, photo in tiles],
        "next_url": url_behind(request, last),
        "is_first_page": after is None,
    }
    return render(request, "photos/album/arrange.html", context)


@require_POST
@signed_in
def move(request: SignedInRequest, pid: str) -> HttpResponse:
    """Put a photo one place earlier or later (`to`), or next to another photo (`before`, `behind`)."""
    album, form = own_album_or_404(request, pid), request.POST
    photo_id = parsed_pid(form.get("photo", ""))
    if "before" in form:
        album_places.move(album, photo_id, before=parsed_pid(form["before"]))
    elif "behind" in form:
        album_places.move_after(album, photo_id, parsed_pid(form["behind"]))
    else:
        album_places.step(album, photo_id, is_later=form.get("to") == "later")
    return _arranged(request, album)


@require_POST
@signed_in
def cover(request: SignedInRequest, pid: str) -> HttpResponse:
    """Make a photo of the album its cover."""
    album = own_album_or_404(request, pid)
    album_places.set_cover(album, parsed_pid(request.POST.get("photo", "")))
    return _arranged(request, album)


@require_POST
@signed_in
def remove(request: SignedInRequest, pid: str) -> HttpResponse:
    """Take a photo out of an album."""
    album = own_album_or_404(request, pid)
    album_places.remove(album, [parsed_pid(request.POST.get("photo", ""))])
    return _arranged(request, album)


@require_POST
@signed_in
def choose_albums(request: SignedInRequest, pid: str) -> HttpResponse:
    """Put the viewer's own photo into the ticked albums and out of the others; `title` creates a new album for it."""
    photo = own_photo_or_404(request, pid)
    ticked = set(request.POST.getlist("album"))
    with causal.pin():
        choices = album_lists.choices(photo)
    try:
        if request.POST.get("title", "").strip():
            album_places.add(albums.create(photo.owner_id, **_fields(request.POST)), [photo.pk])
        for choice in choices:
            is_ticked = choice.album.pid in ticked
            if is_ticked and not choice.is_in:
                album_places.add(choice.album, [photo.pk])
            elif choice.is_in and not is_ticked:
                album_places.remove(choice.album, [photo.pk])
    except albums.Refused as error:
        messages.error(request, str(error))
    return redirect(photo_lists.page_of(request, photo))


def _list(request: HttpRequest, owner: User) -> HttpResponse:
    view_as = ViewAs.from_request(request, relationship.between(viewer(request), owner.pk))
    visible = Photo.objects.listed_for(view_as.relationship, owner.pk)
    listed = album_lists.cards(Album.objects.listed_for(view_as.relationship, owner.pk), visible)
    is_self = view_as.relationship == Relationship.OWNER
    context = {
        "owner": Person.from_user(owner),
        "view_as": view_as,
        "is_self": is_self,
        "levels": Visibility.choices,
        "shelf": [
            {
                "album": each.album,
                "count": each.count,
                "cover": replace(cards.tile(each.cover), alt="") if each.cover else None,
                "level": Visibility(each.album.visibility).label if is_self else "",
            }
            for each in listed
        ],
    }
    return render(request, "photos/album/albums.html", context)


def _fields(form: QueryDict) -> dict[str, str]:
    return {
        "title": form.get("title", ""),
        "description": form.get("description", ""),
        "visibility": form.get("visibility") or Visibility.PUBLIC,
    }


def _arranged(request: HtmxRequest, album: Album) -> HttpResponse:
    """Answer htmx with nothing, since a script has moved the tile; else show the same page of places again."""
    if request.htmx:
        return HttpResponse(status=204)
    after, photo = request.POST.get("after", ""), request.POST.get("photo", "")
    query = f"?{urlencode({'after': after})}" if after.isdecimal() else ""
    return redirect(f"{reverse('album-arrange', args=[album.pid])}{query}#place-{photo}")
