"""Pages for the viewer alone: the photos that they like, and their notifications."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import sessions
from accounts.models import User
from accounts.relations import people_cache
from accounts.requests import HtmxRequest, SignedInRequest, signed_in
from photos.display import cards
from photos.display.descriptions import Reader
from photos.social import audience, favourites, inbox, notifications
from photos.views.http import photo_lists
from photos.views.http.paging import cursor, next_url
from photos.views.http.parameters import parsed_id


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def favourites_page(request: SignedInRequest) -> HttpResponse:
    """Show the photos that the viewer likes, as far as they may still see them."""
    rows = favourites.page(request.user.pk, before=cursor(request), limit=favourites.PAGE + 1)
    page = rows[: favourites.PAGE]
    visible = audience.visible(request.user, (row.photo_id for row in page))
    owners = people_cache.people(photo.owner_id for photo in visible.photos.values())
    photos = [visible.photos[row.photo_id] for row in page if row.photo_id in visible.photos]
    tiles = (
        cards.tile(photo, Reader.from_ids(request.user.pk, photo.owner_id))
        for photo in photos
        if _is_active(owners.get(photo.owner_id))
    )
    context = {
        "tiles": photo_lists.tiles_in(photo_lists.FAVOURITES, cards.told_apart(tiles)),
        "next_url": next_url(request, page[-1].pk if len(rows) > len(page) else None),
        "is_incomplete": bool(visible.missing),
    }
    template = "photos/grid/page_of_tiles.html" if request.htmx else "photos/grid/favourites.html"
    return render(request, template, context)


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def notifications_page(request: SignedInRequest) -> HttpResponse:
    """Show the viewer's notifications, grouped; to htmx those that have come since the row `after`."""
    if request.htmx and "after" in request.GET:
        after = parsed_id(request.GET["after"])
        return render(
            request,
            "photos/notifications/newer.html",
            {"news": inbox.page(request.user, after=after), "after": after},
        )
    return render(request, "photos/notifications/notifications.html", {"news": inbox.page(request.user)})


@require_safe
def unread(request: HtmxRequest) -> HttpResponse:
    """Answer with the number at the bell, or with nothing while the page shows that number (`shown`).

    Each open page asks for it again and again, so it costs no query while session and number are in the cache.
    """
    if not request.htmx:
        return redirect("notifications")
    user_id, shown = sessions.find_user_id(request), request.GET.get("shown", "")
    if user_id is None:
        return HttpResponse('<span id="unread"></span>')  # this element asks no more
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
def read_notifications(request: SignedInRequest) -> HttpResponse:
    """Mark all notifications up to one row (`until`) as read; the page asks for this by itself once it is shown."""
    notifications.mark_read(request.user.pk, parsed_id(request.POST.get("until", "")))
    if request.htmx:
        return render(request, "photos/notifications/notifications.html#read")
    return redirect("notifications")


def _is_active(owner: User | None) -> bool:
    return owner is not None and owner.is_active
