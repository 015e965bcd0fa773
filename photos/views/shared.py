"""What whoever has a share link sees: a door where one is wanted, an album or a photo, downloads. Signed in or not."""

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import people_cache
from accounts.models import User
from accounts.profile_card import Person
from accounts.views import is_htmx, network_of
from photos.display import cards
from photos.files import s3
from photos.library import albums
from photos.models import Album, Download, Photo, ShareLink
from photos.sharing import share_links
from photos.views.albums import position_asked_for, url_behind
from photos.views.pages import parsed_pid

PAGE = 40
COOKIE = "inside"


def by_link(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap a view of (request, link): an unknown address is a 404, one that is over a kind 410, and none is indexed."""

    @wraps(view)
    @never_cache
    def answer(request: HttpRequest, token: str, **named: str) -> HttpResponse:
        link = share_links.find(token)
        if link is None:
            raise Http404
        try:
            share_links.check_open(link, is_inside=is_inside(request, link))
            response = view(request, link, owner=_owner(link), root=f"/s/{token}/", **named)
        except share_links.Over as error:
            response = render(request, "photos/shared/over.html", {"reason": error.reason}, status=410)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        # Not "no-referrer": a browser would then send the door's form without an origin, which is refused as forged.
        response["Referrer-Policy"] = "same-origin"
        return response

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@vary_on_headers("HX-Request")
@by_link
def shared(request: HttpRequest, link: ShareLink, *, owner: User, root: str) -> HttpResponse:
    """What a link leads to, or its door; POST opens that."""
    if request.method == "POST":
        return _open(request, link, owner, root)
    if not is_inside(request, link):
        if link.has_door or request.method == "HEAD":
            return _door(request, link, owner)
        share_links.enter(link)
    response = (
        _album(request, link, owner, root) if link.album_id else _only_photo(request, link, owner, root)
    )
    return _let_in(response, link, root)


@require_safe
@by_link
def photo(request: HttpRequest, link: ShareLink, *, owner: User, root: str, pid: str) -> HttpResponse:
    """One photo of a shared album, large."""
    if link.has_door and not is_inside(request, link):
        return redirect(root)
    return _photo(request, link, owner, root, photo_or_404(link, pid))


@require_safe
@by_link
def download(request: HttpRequest, link: ShareLink, *, owner: User, root: str, pid: str) -> HttpResponse:
    """Send the browser to the file that this link gives away: a clean picture, or the original."""
    if link.has_door and not is_inside(request, link):
        return redirect(root)
    found = photo_or_404(link, pid)
    if link.download == Download.ORIGINAL:
        key, name, content_type = found.original_key, found.filename, found.content_type
    elif link.download == Download.CLEAN and (made := share_links.clean_file(found)):
        key, name, content_type = made.key, share_links.neutral_name(found), "image/jpeg"
    else:
        raise Http404
    return redirect(s3.presigned_download(key, name=name, content_type=content_type))


def is_inside(request: HttpRequest, link: ShareLink) -> bool:
    """Return whether the visitor was let in, and counted, before."""
    return share_links.is_pass(link, request.COOKIES.get(COOKIE, ""))


def photo_or_404(link: ShareLink, pid: str) -> Photo:
    """Return a photo that a link shows; any other does not exist."""
    found = share_links.photos_of(link).filter(pk=parsed_pid(pid)).first()
    if found is None:
        raise Http404
    return found


def _owner(link: ShareLink) -> User:
    owner = people_cache.people([link.owner_id]).get(link.owner_id)
    if owner is None or not owner.is_active:
        raise share_links.Over("revoked")
    return owner


def _open(request: HttpRequest, link: ShareLink, owner: User, root: str) -> HttpResponse:
    try:
        if not is_inside(request, link):
            share_links.enter(link, password=request.POST.get("password", ""), network=network_of(request))
    except share_links.WrongPassword:
        return _door(
            request, link, owner, problem=_("That is not the password. Please try again."), status=403
        )
    except share_links.Locked:
        said = _("There were too many tries. Please wait for a quarter of an hour.")
        return _door(request, link, owner, problem=said, status=429)
    return _let_in(redirect(root), link, root)


def _let_in(response: HttpResponse, link: ShareLink, root: str) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        share_links.pass_for(link),
        path=root,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _door(
    request: HttpRequest, link: ShareLink, owner: User, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "owner": Person.from_user(owner),
        "is_album": link.album_id is not None,
        "wants_password": bool(link.password),
        "left": None if link.max_views is None else link.max_views - link.views,
        "problem": problem,
    }
    return render(request, "photos/shared/password.html", context, status=status)


def _album(request: HttpRequest, link: ShareLink, owner: User, root: str) -> HttpResponse:
    album = Album.objects.locate(link.album_id or 0).get()
    photos, last = albums.page(
        album, share_links.photos_of(link), after=position_asked_for(request), limit=PAGE
    )
    tiles = [dataclasses.replace(cards.tile(each), url=f"{root}{each.pid}/") for each in photos]
    context: dict[str, Any] = {"tiles": tiles, "next_url": url_behind(request, last)}
    if is_htmx(request):
        return render(request, "photos/shared/album.html#tiles", context)
    context |= {
        "album": album,
        "owner": Person.from_user(owner),
        "photo_count": share_links.photos_of(link).count(),
    }
    context["bundle_url"] = "" if link.download == Download.NONE else f"{root}all/"
    return render(request, "photos/shared/album.html", context)


def _only_photo(request: HttpRequest, link: ShareLink, owner: User, root: str) -> HttpResponse:
    found = share_links.photos_of(link).first()
    if found is None:
        raise share_links.Over("empty")
    return _photo(request, link, owner, root, found)


def _photo(request: HttpRequest, link: ShareLink, owner: User, root: str, found: Photo) -> HttpResponse:
    context: dict[str, Any] = {
        "photo": cards.card(found, Person.from_user(owner)),
        "owner": Person.from_user(owner),
        "root": root,
        "download_url": "" if link.download == Download.NONE else f"{root}{found.pid}/download/",
    }
    if link.album_id:
        before, after = albums.neighbours(share_links.photos_of(link), link.album_id, found.pk)
        context |= {
            "is_album": True,
            "newer_url": f"{root}{before.pid}/" if before else "",
            "older_url": f"{root}{after.pid}/" if after else "",
        }
    return render(request, "photos/shared/photo.html", context)
