"""What a visitor with a share link sees: a door, an album or a photo, downloads. Signing in is not needed."""

import dataclasses
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.profile_card import Person
from accounts.requests import HtmxRequest, network
from photos.display import cards
from photos.display.descriptions import Reader
from photos.files import s3
from photos.library import album_contents
from photos.models import Album, Download, Photo, ShareLink
from photos.sharing import clean_copies, share_links, share_visits
from photos.views.http.paging import position, url_behind
from photos.views.http.parameters import parsed_pid
from photos.views.http.share_link_access import Entrance, by_link

PAGE = 40


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@vary_on_headers("HX-Request")
@by_link
def shared(request: HtmxRequest, entrance: Entrance) -> HttpResponse:
    """Show what a link leads to, or its door; POST opens the door."""
    if request.method == "POST":
        return _open(request, entrance)
    link = entrance.link
    if not entrance.is_inside(request):
        if link.has_door or request.method == "HEAD":
            return _door(request, entrance)
        share_visits.enter(link)
    return entrance.let_in(_album(request, entrance) if link.album_id else _only_photo(request, entrance))


@require_safe
@by_link
def photo(request: HtmxRequest, entrance: Entrance, pid: str) -> HttpResponse:
    """Show one photo of a shared album, large."""
    if entrance.is_shut(request):
        return redirect(entrance.url)
    return _photo(request, entrance, _photo_or_404(entrance.link, pid))


@require_safe
@by_link
def download(request: HtmxRequest, entrance: Entrance, pid: str) -> HttpResponse:
    """Send the browser to the file that the link gives away: the original, or a JPEG without its metadata."""
    if entrance.is_shut(request):
        return redirect(entrance.url)
    link = entrance.link
    photo = _photo_or_404(link, pid)
    if link.download == Download.ORIGINAL:
        key, name, content_type = photo.original_key, photo.filename, photo.content_type
    elif link.download == Download.CLEAN and (rendition := clean_copies.largest_jpegs([photo]).get(photo.pk)):
        key, name, content_type = rendition.key, clean_copies.neutral_name(photo), "image/jpeg"
    else:
        raise Http404
    return redirect(s3.presigned_download(key, name=name, content_type=content_type))


def _photo_or_404(link: ShareLink, pid: str) -> Photo:
    """Return a photo that the link shows."""
    photo = share_links.shared_photos(link).filter(pk=parsed_pid(pid)).first()
    if photo is None:
        raise Http404
    return photo


def _open(request: HttpRequest, entrance: Entrance) -> HttpResponse:
    try:
        if not entrance.is_inside(request):
            password = request.POST.get("password", "")
            share_visits.enter(entrance.link, password=password, network=network(request))
    except share_visits.WrongPassword:
        problem = _("This password is not correct. Please try again.")
        return _door(request, entrance, problem=problem, status=403)
    except share_visits.Locked:
        problem = _("Too many attempts. Please try again in 15 minutes.")
        return _door(request, entrance, problem=problem, status=429)
    return entrance.let_in(redirect(entrance.url))


def _door(request: HttpRequest, entrance: Entrance, *, problem: str = "", status: int = 200) -> HttpResponse:
    link = entrance.link
    context = {
        "owner": Person.from_user(entrance.owner),
        "is_album": link.album_id is not None,
        "wants_password": bool(link.password),
        "left": None if link.max_views is None else link.max_views - link.views,
        "problem": problem,
    }
    return render(request, "photos/shared/password.html", context, status=status)


def _album(request: HtmxRequest, entrance: Entrance) -> HttpResponse:
    link = entrance.link
    album = Album.objects.locate(link.album_id or 0).get()
    photos, last = album_contents.page(
        album, share_links.shared_photos(link), after=position(request), limit=PAGE
    )
    tiles = zip(cards.tiles(photos, Reader.GUEST), photos, strict=True)
    context: dict[str, Any] = {
        "tiles": [dataclasses.replace(tile, url=entrance.photo_url(photo)) for tile, photo in tiles],
        "next_url": url_behind(request, last),
    }
    if request.htmx:
        return render(request, "photos/grid/page_of_tiles.html", context)
    context |= {
        "album": album,
        "owner": Person.from_user(entrance.owner),
        "photo_count": share_links.shared_photos(link).count(),
        "bundle_url": _download_url(entrance, "shared-bundle"),
    }
    return render(request, "photos/shared/album.html", context)


def _only_photo(request: HttpRequest, entrance: Entrance) -> HttpResponse:
    photo = share_links.shared_photos(entrance.link).first()
    if photo is None:
        raise share_visits.Ended("empty")
    return _photo(request, entrance, photo)


def _photo(request: HttpRequest, entrance: Entrance, photo: Photo) -> HttpResponse:
    link, owner = entrance.link, Person.from_user(entrance.owner)
    context: dict[str, Any] = {
        "photo": cards.card(photo, owner, Reader.GUEST),
        "owner": owner,
        "root": entrance.url,
        "download_url": _download_url(entrance, "shared-download", photo.pid),
    }
    if link.album_id:
        before, after = album_contents.neighbours(share_links.shared_photos(link), link.album_id, photo.pk)
        context |= {
            "is_album": True,
            "newer_url": entrance.photo_url(before) if before else "",
            "older_url": entrance.photo_url(after) if after else "",
        }
    return render(request, "photos/shared/photo.html", context)


def _download_url(entrance: Entrance, route: str, *args: str) -> str:
    """Return the address of a download, or nothing if the link gives no files away."""
    is_given = entrance.link.download != Download.NONE
    return reverse(route, args=[entrance.token, *args]) if is_given else ""
