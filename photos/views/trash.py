"""The trash of an owner: photos are taken back from it, or deleted for good."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.requests import SignedInRequest, signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.library import trash
from photos.views.http.paging import COUNTED_UP_TO, cursor, next_url
from photos.views.http.parameters import ticked_ids

PAGE = 60


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def trash_page(request: SignedInRequest) -> HttpResponse:
    """Show the viewer's trash; POST restores the ticked photos (`act=restore`), or deletes them or all for good."""
    if request.method == "POST":
        _act(request)
        return redirect(_page_after(request))
    rows = trash.page_for(request.user.pk, before=cursor(request), limit=PAGE + 1)
    page = rows[:PAGE]
    context: dict[str, Any] = {
        "tiles": list(zip(cards.tiles(page, Reader.OWNER), map(trash.days_left, page), strict=True)),
        "next_url": next_url(request, page[-1].pk if len(rows) > PAGE else None),
    }
    if request.htmx:
        return render(request, "photos/organise/trash.html#tiles", context)
    context["count"] = trash.photos_for(request.user.pk)[:COUNTED_UP_TO].count()
    return render(request, "photos/organise/trash.html", context)


def _page_after(request: SignedInRequest) -> str:
    """Return where an act leads: a photo that is taken back on its own page (`page`) is shown there."""
    if request.POST.get("act") == "restore" and request.POST.get("page"):
        return reverse("photo", args=[request.POST["page"]])
    return reverse("trash")


def _act(request: SignedInRequest) -> None:
    owner_id, act, chosen = request.user.pk, request.POST.get("act"), ticked_ids(request)
    if act == "restore":
        count = len(trash.restore(owner_id, chosen))
        message = _("The photos are restored.") if count != 1 else _("The photo is restored.")
    elif act == "empty":
        count, message = trash.delete(owner_id, None), _("The trash is empty.")
    else:
        count = trash.delete(owner_id, chosen)
        message = (
            _("The photos are deleted permanently.") if count != 1 else _("The photo is deleted permanently.")
        )
    if count:
        messages.success(request, message)
    else:
        messages.info(request, _("Select some photos first."))
