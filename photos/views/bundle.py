"""All photos of an album in one file: asked for, waited for, taken away."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import pace
from accounts.models import User
from accounts.people import Person
from accounts.views import is_htmx, network_of, signed_in
from photos import bundles
from photos.models import Album, Download, ShareLink
from photos.storage import StorageUnavailable
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
    return _answer(request, context, "owner", lambda: bundles.of_owner(album), (album.pk,))


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
        "owner": Person.of(owner),
        "back_url": root,
    }
    return _answer(
        request, context, network_of(request), lambda: bundles.of_link(album, link), (album.pk, link.pk)
    )


def _answer(
    request: HttpRequest,
    context: dict[str, Any],
    who: str,
    wanted: Callable[[], bundles.Bundle],
    args: tuple[int, ...],
) -> HttpResponse:
    try:
        bundle = wanted()
    except bundles.TooLarge:
        return render(request, "photos/sharing/archive.html", context | {"is_too_large": True})
    try:
        is_there = bool(bundle.entries) and bundles.is_there(bundle)
    except StorageUnavailable:
        return render(request, "photos/sharing/archive.html", context | {"is_away": True}, status=503)
    if request.method == "POST":
        if bundle.entries and not is_there:
            _begin(bundle, who, args)
        return redirect(request.path)
    context |= {
        "bundle": bundle,
        "count": len(bundle.entries),
        "address": bundles.address(bundle) if is_there else "",
        "is_packing": not is_there and bundles.is_being_packed(bundle),
    }
    return render(request, f"photos/sharing/archive.html{'#state' if is_htmx(request) else ''}", context)


def _begin(bundle: bundles.Bundle, who: str, args: tuple[int, ...]) -> None:
    """Have a bundle packed, unless it is being packed, or they have had enough for an hour."""
    from photos import tasks  # noqa: PLC0415 - actors are declared once the broker is there

    if bundles.ask_for(bundle) and not pace.is_too_fast(
        f"bundle:{who}", args[0], limit=AN_HOUR, seconds=3600
    ):
        tasks.pack.send(*args)
