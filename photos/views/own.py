"""What is for the signed-in person alone: what they like, and what they are told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import people_cache, sessions
from accounts.models import User
from accounts.views import is_htmx, send_to_sign_in, signed_in, viewer
from photos.display import cards
from photos.social import audience, favourites, inbox, notifications
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
    owners = people_cache.people(photo.owner_id for photo in found.photos.values())
    photos = [found.photos[row.photo_id] for row in shown if row.photo_id in found.photos]
    context = {
        "tiles": [cards.tile(photo) for photo in photos if _is_here(owners.get(photo.owner_id))],
        "next_url": next_url(request, shown[-1].pk if len(rows) > len(shown) else None),
        "missing": found.missing,
    }
    template = "photos/grid/favourites.html#tiles" if is_htmx(request) else "photos/grid/favourites.html"
    return render(request, template, context)


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def notifications_page(request: HttpRequest) -> HttpResponse:
    """What somebody was told, grouped; for htmx what has come since the row `after`."""
    me = viewer(request)
    if me is None:
        return send_to_sign_in(request)
    if is_htmx(request) and "after" in request.GET:
        after = parsed_id(request.GET["after"])
        return render(
            request, "photos/notifications/newer.html", {"news": inbox.page(me, after=after), "after": after}
        )
    return render(request, "photos/notifications/notifications.html", {"news": inbox.page(me)})


@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The number at the bell, for a page that shows another (`shown`); nothing while it is the same.

    Asked for by every page that is looked at, so it costs no query while session and number are in the cache.
    """
    if not is_htmx(request):
        return redirect("notifications")
    user_id, shown = sessions.find_user_id(request), request.GET.get("shown", "")
    if user_id is None:
        return HttpResponse('<span id="unread"></span>')  # asks no more
    count = notifications.unread_count(user_id)
    if shown == str(count):
        response = HttpResponse(status=204)
    else:
        response = HttpResponse(render_to_string("photos/notifications/bell.html", {"unread_count": count}))
        if shown.isdecimal() and count > int(shown[:9]):
            response.headers["HX-Trigger"] = "news"  # the page of notifications listens
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
@signed_in
def read_notifications(request: HttpRequest) -> HttpResponse:
    """Note that everything up to one row (`until`) was seen; the page asks for this by itself once it is shown."""
    me = viewer(request)
    if me is not None:
        notifications.mark_read(me.pk, parsed_id(request.POST.get("until", "")))
    if is_htmx(request):
        return render(request, "photos/notifications/notifications.html#read")
    return redirect("notifications")


def _is_here(owner: User | None) -> bool:
    return owner is not None and owner.is_active
