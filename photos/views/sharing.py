"""An owner's share links: made, listed with how often they were opened, ended."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views import send_to_sign_in, signed_in, viewer
from photos.models import Album, Download, Photo
from photos.sharing import share_links
from photos.views.albums import own_album_or_404
from photos.views.edit import own_photo_or_404
from photos.views.pages import cursor, parsed_pid
from sharding.rows import ids

PAGE = 50
LASTING = {
    "": (gettext_noop("Until it is ended"), None),
    "hour": (gettext_noop("An hour"), timedelta(hours=1)),
    "day": (gettext_noop("A day"), timedelta(days=1)),
    "week": (gettext_noop("A week"), timedelta(weeks=1)),
    "month": (gettext_noop("30 days"), timedelta(days=30)),
    "year": (gettext_noop("A year"), timedelta(days=365)),
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def share(request: HttpRequest) -> HttpResponse:
    """All one's links, or those to one album or photo (`album`, `photo`) with a form for a new one; POST makes it."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    target = target_or_404(request)
    if request.method == "POST" and target is not None:
        return _make(request, target)
    found = share_links.of_owner(me.pk, before=cursor(request))
    if target is not None:
        found = found.filter(**{"album" if isinstance(target, Album) else "photo": target.pk})
    shown = list(found[: PAGE + 1])
    older = request.GET.copy()
    if len(shown) > PAGE:
        older["before"] = ids.encode(shown[PAGE - 1].pk)
    context = {
        "target": target,
        "is_album": isinstance(target, Album),
        "lasting": [(code, _(words)) for code, (words, __) in LASTING.items()],
        "downloads": Download.choices,
        "links": [
            {
                "link": link,
                "pid": ids.encode(link.pk),
                "address": "" if share_links.why_over(link) else share_links.address(link),
                "over": share_links.why_over(link),
            }
            for link in shown[:PAGE]
        ],
        "older_url": f"?{older.urlencode()}" if len(shown) > PAGE else "",
    }
    return render(request, "photos/sharing/links.html", context)


@require_POST
@signed_in
def revoke(request: HttpRequest, pid: str) -> HttpResponse:
    """End a link."""
    me = viewer(request)
    if me is not None and share_links.revoke(me.pk, parsed_pid(pid)):
        messages.success(request, _("The link is ended. Whoever opens it now sees nothing."))
    query = request.GET.urlencode()
    return redirect(f"/share/?{query}" if query else "/share/")


def target_or_404(request: HttpRequest) -> Album | Photo | None:
    """Return the viewer's own album or photo that is to be shared, if one is named."""
    if album := request.GET.get("album"):
        return own_album_or_404(request, album)
    if photo := request.GET.get("photo"):
        return own_photo_or_404(request, photo)[1]
    return None


def _make(request: HttpRequest, target: Album | Photo) -> HttpResponse:
    try:
        made = share_links.create(target, _terms(request.POST))
        messages.success(request, _("The link is made. Copy it below and send it to whom you like."))
    except share_links.Refused as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    return redirect(f"{request.get_full_path()}#link-{ids.encode(made.pk)}")


def _terms(said: QueryDict) -> share_links.Terms:
    lasts = LASTING.get(said.get("lasts", ""), LASTING[""])[1]
    limit = said.get("max_views", "").strip()
    if limit and not (limit.isascii() and limit.isdecimal() and len(limit) < 8):
        raise share_links.Refused(_("Please give a number of openings, or none."))
    return share_links.Terms(
        name=said.get("name", ""),
        password=said.get("password", ""),
        expires_at=timezone.now() + lasts if lasts else None,
        max_views=int(limit) if limit else None,
        download=said.get("download", Download.NONE),
    )
