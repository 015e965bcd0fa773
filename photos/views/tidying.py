"""Finding one's own photos again: look-alikes, and this day in earlier years."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest, signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.library import bulk, duplicates, memories
from photos.models import Act
from photos.views.http import photo_lists
from photos.views.http.lookups import undoable_act
from photos.views.http.paging import cursor, next_url
from photos.views.http.parameters import parsed_pid, ticked_ids


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def duplicates_page(request: SignedInRequest) -> HttpResponse:
    """Show groups of the viewer's own photos that look alike.

    POST keeps the ticked ones (`keep`) of one group and puts the others into the trash; or, with `act=apart`, it notes
    that they are different photos.
    """
    if request.method == "POST":
        return _tell_apart(request) if request.POST.get("act") == "apart" else _keep(request)
    page = duplicates.page(request.user.pk, before=cursor(request))
    context = {
        "groups": [
            (
                group,
                [
                    (tile, photo, photo == group.best)
                    for tile, photo in zip(cards.tiles(group.photos, Reader.OWNER), group.photos, strict=True)
                ],
            )
            for group in page.groups
        ],
        "total": page.total,
        "next_url": next_url(request, page.next_cursor),
        "done": undoable_act(request),
    }
    template = "photos/organise/duplicates.html#groups" if request.htmx else "photos/organise/duplicates.html"
    return render(request, template, context)


@require_safe
@signed_in
def memories_page(request: SignedInRequest) -> HttpResponse:
    """Show the viewer's own photos of this day in earlier years."""
    context = {
        "years": photo_lists.years_in(memories.for_owner(request.user.pk)),
        "today": memories.today(),
    }
    return render(request, "photos/home/memories.html", context)


def _keep(request: SignedInRequest) -> HttpResponse:
    kept = [parsed_pid(pid) for pid in request.POST.getlist("keep")]
    try:
        act = duplicates.keep(request.user.pk, ticked_ids(request), kept=kept)
    except duplicates.NothingKept:
        messages.error(request, _("Tick at least one photo to keep."))
        return redirect("duplicates")
    if act is None:
        messages.info(request, _("All of them were kept: nothing was moved to the trash."))
        return redirect("duplicates")
    return _done(act)


def _tell_apart(request: SignedInRequest) -> HttpResponse:
    try:
        act = bulk.tell_apart(request.user.pk, ticked_ids(request))
    except bulk.Refused as error:
        messages.error(request, str(error))
        return redirect("duplicates")
    return _done(act)


def _done(act: Act) -> HttpResponse:
    """Lead back to the page, which offers to undo the act."""
    return redirect(f"{reverse('duplicates')}?done={act.pid}")
