"""What is for the signed-in person alone: what they like, and what they are told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import known
from accounts.models import User
from accounts.views import is_htmx, send_to_sign_in, signed_in, viewer
from photos import audience, delivery, favourites, news, notifications
from photos.views.pages import cursor, next_url
from photos.views.social import parsed_id


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def favourites_page(request: HttpRequest) -> HttpResponse:
    """The photos that somebody likes, as far as they may still see them."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    rows = favourites.page(me.pk, before=cursor(request), limit=favourites.PAGE + 1)
    shown = rows[: favourites.PAGE]
    found = audience.visible(me, (row.photo_id for row in shown))
    owners = known.people(photo.owner_id for photo in found.photos.values())
    photos = [found.photos[row.photo_id] for row in shown if row.photo_id in found.photos]
    context = {
        "tiles": [delivery.tile(photo) for photo in photos if _is_here(owners.get(photo.owner_id))],
        "next_url": next_url(shown[-1].pk if len(rows) > len(shown) else None),
        "missing": found.missing,
    }
    template = "photos/favourites.html#tiles" if is_htmx(request) else "photos/favourites.html"
    return render(request, template, context)


@require_safe
@signed_in
def notifications_page(request: HttpRequest) -> HttpResponse:
    """What somebody was told, grouped."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    return render(request, "photos/notifications.html", {"news": news.of(me)})


@require_POST
@signed_in
def read_notifications(request: HttpRequest) -> HttpResponse:
    """Note that everything up to one row (`until`) was seen; the page asks for this by itself once it is shown."""
    me = viewer(request)
    if me is not None:
        notifications.mark_read(me.pk, parsed_id(request.POST.get("until", "")))
    if is_htmx(request):
        return render(request, "photos/notifications.html#read")
    return redirect("notifications")


def _is_here(owner: User | None) -> bool:
    return owner is not None and owner.is_active
