"""All photos of an album in one file: asked for, waited for, taken away."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import rate_limit
from accounts.models import User
from accounts.profile_card import Person
from accounts.views import is_htmx, network_of, signed_in
from photos.files.s3 import StorageUnavailable
from photos.jobs import tasks
from photos.models import Album, Download, ShareLink
from photos.sharing import archives
from photos.views.albums import own_album_or_404
from photos.views.shared import by_link, is_inside

AN_HOUR = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def of_album(request: HttpRequest, pid: str) -> HttpResponse:
    """An album as its owner sent it."""
    album = own_album_or_404(request, pid)
    context = {"frame": "base.html", "album": album, "back_url": album.get_absolute_url()}
    return _answer(request, context, "owner", lambda: archives.of_owner(album), (album.pk,))


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def of_link(request: HttpRequest, link: ShareLink, *, owner: User, root: str) -> HttpResponse:
    """An album as far as a share link gives it away."""
    if link.album_id is None or link.download == Download.NONE:
        raise Http404
    if link.has_door and not is_inside(request, link):
        return redirect(root)
    album = Album.objects.locate(link.album_id).get()
    context = {
        "frame": "photos/shared/frame.html",
        "album": album,
        "owner": Person.from_user(owner),
        "back_url": root,
    }
    return _answer(
        request, context, network_of(request), lambda: archives.of_link(album, link), (album.pk, link.pk)
    )


def _answer(
    request: HttpRequest,
    context: dict[str, Any],
    who: str,
    wanted: Callable[[], archives.Bundle],
    args: tuple[int, ...],
) -> HttpResponse:
    try:
        bundle = wanted()
    except archives.TooLarge:
        return render(request, "photos/sharing/archive.html", context | {"is_too_large": True})
    try:
        is_there = bool(bundle.entries) and archives.is_there(bundle)
    except StorageUnavailable:
        return render(request, "photos/sharing/archive.html", context | {"is_away": True}, status=503)
    if request.method == "POST":
        if bundle.entries and not is_there:
            _begin(bundle, who, args)
        return redirect(request.path)
    context |= {
        "bundle": bundle,
        "count": len(bundle.entries),
        "address": archives.address(bundle) if is_there else "",
        "is_packing": not is_there and archives.is_being_packed(bundle),
    }
    return render(request, f"photos/sharing/archive.html{'#state' if is_htmx(request) else ''}", context)


def _begin(bundle: archives.Bundle, who: str, args: tuple[int, ...]) -> None:
    """Have a bundle packed, unless it is being packed, or they have had enough for an hour."""
    if archives.ask_for(bundle) and not rate_limit.is_too_fast(
        f"bundle:{who}", args[0], limit=AN_HOUR, seconds=3600
    ):
        tasks.pack.send(*args)
