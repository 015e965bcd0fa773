"""All photos of an album in one file: asked for, waited for, downloaded."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import rate_limit
from accounts.profile_card import Person
from accounts.requests import HtmxRequest, SignedInRequest, network, signed_in
from photos.files.s3 import StorageUnavailable
from photos.jobs import tasks
from photos.models import Album, Download
from photos.sharing import archives
from photos.views.http.lookups import own_album_or_404
from photos.views.http.share_link_access import Entrance, by_link


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def own_archive(request: SignedInRequest, pid: str) -> HttpResponse:
    """Give the viewer the originals of their own album; POST has them packed."""
    album = own_album_or_404(request, pid)
    context = {"frame": "base.html", "album": album, "back_url": album.get_absolute_url()}
    return _answer(request, context, "owner", lambda: archives.for_album(album), (album.pk,))


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def shared_archive(request: HtmxRequest, entrance: Entrance) -> HttpResponse:
    """Give a visitor what a share link gives away of an album; POST has it packed."""
    link = entrance.link
    if link.album_id is None or link.download == Download.NONE:
        raise Http404
    if entrance.is_shut(request):
        return redirect(entrance.url)
    album = Album.objects.locate(link.album_id).get()
    context = {
        "frame": "photos/shared/frame.html",
        "album": album,
        "owner": Person.from_user(entrance.owner),
        "back_url": entrance.url,
    }
    return _answer(
        request, context, network(request), lambda: archives.for_link(album, link), (album.pk, link.pk)
    )


def _answer(
    request: HtmxRequest,
    context: dict[str, Any],
    reader: str,
    list_files: Callable[[], archives.Archive],
    args: tuple[int, ...],
) -> HttpResponse:
    """Answer for a `reader` whose requests are counted together; `args` are for the job that packs."""
    try:
        bundle = list_files()
    except archives.TooLarge:
        return render(request, "photos/sharing/archive.html", context | {"is_too_large": True})
    try:
        is_there = bool(bundle.entries) and archives.is_stored(bundle)
    except StorageUnavailable:
        return render(request, "photos/sharing/archive.html", context | {"is_away": True}, status=503)
    if request.method == "POST":
        if bundle.entries and not is_there:
            _begin(bundle, reader, args)
        return redirect(request.path)
    context |= {
        "bundle": bundle,
        "count": len(bundle.entries),
        "address": archives.download_url(bundle) if is_there else "",
        "is_packing": not is_there and archives.is_being_packed(bundle),
    }
    return render(request, f"photos/sharing/archive.html{'#state' if request.htmx else ''}", context)


def _begin(bundle: archives.Archive, reader: str, args: tuple[int, ...]) -> None:
    """Have an archive packed, unless it is being packed, or the reader has had enough of them for an hour."""
    if archives.claim_packing(bundle) and not rate_limit.is_too_fast("pack", args[0], by=reader):
        tasks.pack.send(*args)
