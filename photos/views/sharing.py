"""An owner's share links: created, listed with how often they were opened, ended."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest, signed_in
from photos.display.descriptions import Reader, alternative_text, told_apart
from photos.models import Album, Download, Photo, ShareLink
from photos.sharing import share_links
from photos.views.http.lookups import own_album_or_404, own_photo_or_404
from photos.views.http.paging import cursor
from photos.views.http.parameters import find_number, parsed_pid
from sharding.rows import ids

PAGE = 50
LASTING = {
    "": (gettext_noop("Until I stop sharing"), None),
    "hour": (gettext_noop("An hour"), timedelta(hours=1)),
    "day": (gettext_noop("A day"), timedelta(days=1)),
    "week": (gettext_noop("A week"), timedelta(weeks=1)),
    "month": (gettext_noop("30 days"), timedelta(days=30)),
    "year": (gettext_noop("A year"), timedelta(days=365)),
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def share(request: SignedInRequest) -> HttpResponse:
    """List the viewer's links; those to one album or photo (`album`, `photo`) with a form for a new one.

    POST creates the new one.
    """
    target = _target_or_404(request)
    if request.method == "POST" and target is not None:
        return _create(request, target)
    links = share_links.for_owner(request.user.pk, before=cursor(request))
    if target is not None:
        links = links.filter(**{"album" if isinstance(target, Album) else "photo": target.pk})
    rows = list(links[: PAGE + 1])
    older = request.GET.copy()
    if len(rows) > PAGE:
        older["before"] = ids.encode(rows[PAGE - 1].pk)
    context = {
        "target": target,
        "is_album": isinstance(target, Album),
        "lasting": [(code, _(words)) for code, (words, __) in LASTING.items()],
        "downloads": Download.choices,
        "links": [
            {
                "link": link,
                "named": named,
                "pid": ids.encode(link.pk),
                "address": "" if share_links.end_reason(link) else share_links.url(link),
                "over": share_links.end_reason(link),
            }
            for link, named in zip(rows[:PAGE], told_apart(map(_name_of, rows[:PAGE])), strict=True)
        ],
        "older_url": f"?{older.urlencode()}" if len(rows) > PAGE else "",
    }
    return render(request, "photos/sharing/links.html", context)


@require_POST
@signed_in
def revoke(request: SignedInRequest, pid: str) -> HttpResponse:
    """End a link."""
    if share_links.revoke(request.user.pk, parsed_pid(pid)):
        messages.success(request, _("Sharing has stopped. The link no longer shows anything."))
    query = request.GET.urlencode()
    return redirect(f"{reverse('share')}?{query}" if query else "share")


def _name_of(link: ShareLink) -> str:
    """Return what a link is called: its own name, its album's, or what is known of its photo."""
    if link.photo is not None and not link.name:
        return alternative_text(link.photo, Reader.OWNER)
    return link.name or (link.album.title if link.album else "")


def _target_or_404(request: SignedInRequest) -> Album | Photo | None:
    """Return the viewer's own album or photo that is to be shared, if one is named."""
    if album := request.GET.get("album"):
        return own_album_or_404(request, album)
    if photo := request.GET.get("photo"):
        return own_photo_or_404(request, photo)
    return None


def _create(request: HttpRequest, target: Album | Photo) -> HttpResponse:
    try:
        link = share_links.create(target, _terms(request.POST))
        messages.success(request, _("The link is ready. Copy it below and send it to anyone you like."))
    except share_links.Refused as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    return redirect(f"{request.get_full_path()}#link-{ids.encode(link.pk)}")


def _terms(form: QueryDict) -> share_links.Terms:
    lasts = LASTING.get(form.get("lasts", ""), LASTING[""])[1]
    typed = form.get("max_views", "").strip()
    max_views = find_number(typed, max_digits=7)
    if typed and max_views is None:
        raise share_links.Refused(_("Enter how many times it can be opened, or leave it empty."))
    return share_links.Terms(
        name=form.get("name", ""),
        password=form.get("password", ""),
        expires_at=timezone.now() + lasts if lasts else None,
        max_views=max_views,
        download=form.get("download", Download.NONE),
    )
