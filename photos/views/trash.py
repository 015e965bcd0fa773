"""What an owner has deleted: taken back, deleted for good, all of it or some."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.views import is_htmx, send_to_sign_in, signed_in, viewer
from photos.display import cards
from photos.library import trash as trashed
from photos.views.pages import COUNTED_UP_TO, cursor, next_url, parsed_pid

PAGE = 60


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def trash(request: HttpRequest) -> HttpResponse:
    """What is in one's trash; POST takes the ticked photos back (`act=restore`), or deletes them or all for good."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    if request.method == "POST":
        _act(request, me.pk)
        return redirect("trash")
    found = trashed.page(me.pk, before=cursor(request), limit=PAGE + 1)
    shown = found[:PAGE]
    context: dict[str, Any] = {
        "tiles": [(cards.tile(photo), trashed.days_left(photo)) for photo in shown],
        "next_url": next_url(request, shown[-1].pk if len(found) > PAGE else None),
    }
    if is_htmx(request):
        return render(request, "photos/organise/trash.html#tiles", context)
    context["count"] = trashed.of(me.pk)[:COUNTED_UP_TO].count()
    return render(request, "photos/organise/trash.html", context)


def _act(request: HttpRequest, owner_id: int) -> None:
    act = request.POST.get("act")
    chosen = [parsed_pid(pid) for pid in ticked(request)]
    if act == "restore":
        count = len(trashed.restore(owner_id, chosen))
        said = _("They are back where they were.") if count != 1 else _("The photo is back where it was.")
    elif act == "empty":
        count, said = trashed.delete(owner_id, None), _("The trash is empty.")
    else:
        count = trashed.delete(owner_id, chosen)
        said = _("They are deleted for good.") if count != 1 else _("The photo is deleted for good.")
    if count:
        messages.success(request, said)
    else:
        messages.info(request, _("Tick some photos first."))


def ticked(request: HttpRequest) -> list[str]:
    """Return the addresses' ids of the photos that were ticked; a script sends them in one field, however many."""
    return [pid for field in request.POST.getlist("photo") for pid in field.split(",") if pid]
