"""What one finds again among one's own photos: look-alikes, and what was on this day in other years."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.views import is_htmx, send_to_sign_in, signed_in, viewer
from photos.display import cards
from photos.library import bulk
from photos.library import duplicates as alike
from photos.library import memories as remembered
from photos.views.albums import done
from photos.views.pages import cursor, next_url, parsed_pid
from photos.views.trash import ticked


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def duplicates(request: HttpRequest) -> HttpResponse:
    """One's own photos that look alike.

    POST keeps those ticked (`keep`) of one group and puts the others into the trash, or tells them apart (`act`)."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    if request.method == "POST":
        return _keep(request, me)
    page = alike.page(me.pk, before=cursor(request))
    context = {
        "groups": [
            (group, [(cards.tile(photo), photo, photo == group.best) for photo in group.photos])
            for group in page.groups
        ],
        "total": page.total,
        "next_url": next_url(request, page.next_cursor),
        "done": done(request, me),
    }
    template = (
        "photos/organise/duplicates.html#groups" if is_htmx(request) else "photos/organise/duplicates.html"
    )
    return render(request, template, context)


@require_safe
@signed_in
def memories(request: HttpRequest) -> HttpResponse:
    """One's own photos of this day in earlier years."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    context = {"years": remembered.of(me.pk), "today": remembered.today(), "tiles_url": "/tiles/"}
    return render(request, "photos/home/memories.html", context)


def _keep(request: HttpRequest, me: User) -> HttpResponse:
    group = [parsed_pid(pid) for pid in ticked(request)]
    if request.POST.get("act") == "apart":
        return _tell_apart(request, me, group)
    kept = [parsed_pid(pid) for pid in request.POST.getlist("keep")]
    try:
        act = alike.keep(me.pk, group, kept=kept)
    except alike.NothingKept:
        messages.error(request, _("Tick at least one photo that stays."))
        return redirect("duplicates")
    if act is None:
        messages.info(request, _("All of them stay: nothing was moved to the trash."))
        return redirect("duplicates")
    return redirect(f"/duplicates/?done={act.pid}")


def _tell_apart(request: HttpRequest, me: User, group: list[int]) -> HttpResponse:
    try:
        act = bulk.tell_apart(me.pk, group)
    except bulk.Refused as error:
        messages.error(request, str(error))
        return redirect("duplicates")
    return redirect(f"/duplicates/?done={act.pid}")
