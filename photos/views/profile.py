"""A person's profile: their photos, and the months in which there are some."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.profile_card import Person
from accounts.relations import blocks_cache, relationship
from accounts.relations.relationship import Relationship
from accounts.requests import HtmxRequest, person_or_404, viewer
from photos.display import cards
from photos.display.descriptions import Reader
from photos.library import months
from photos.models import Photo
from photos.views.http import etag
from photos.views.http.paging import COUNTED_UP_TO, cursor, next_url
from photos.views.http.parameters import month_asked_for
from photos.views.http.view_as import ViewAs

PAGE = 40


@require_safe
@vary_on_headers("HX-Request")
def profile(request: HtmxRequest, username: str) -> HttpResponse:
    """Show a person's photos, as far as the viewer may see them."""
    me = viewer(request)
    person = person_or_404(username, me)
    view_as = ViewAs.from_request(request, relationship.between(me, person.pk))
    listed = Photo.objects.listed_for(view_as.relationship, person.pk)
    is_self = view_as.relationship == Relationship.OWNER
    only_failed = is_self and "failed" in request.GET
    visible = listed.failed() if only_failed else listed
    month = month_asked_for(request)
    photos = list(visible.newest(PAGE + 1, before=month.end_id if month else cursor(request)))
    tiles = cards.tiles(photos[:PAGE], Reader.from_relationship(view_as.relationship))
    query = {"failed": "1"} if only_failed else {}
    next_page = next_url(request, photos[PAGE - 1].pk if len(photos) > PAGE else None, **query)
    context: dict[str, Any] = {
        "month": month,
        "person": Person.from_user(person),
        "tiles": view_as.keep_in_tiles(tiles),
        "next_url": view_as.keep_in(next_page) if next_page else None,
    }
    if request.htmx:
        return etag.render(request, "photos/grid/page_of_tiles.html", context)
    context |= _profile_head(person, me, view_as)
    context["photo_count"] = listed[:COUNTED_UP_TO].count()
    context["only_failed"] = only_failed
    context["failed_count"] = listed.failed()[:COUNTED_UP_TO].count() if is_self else 0
    first = next(iter(tiles), None)
    return etag.render(request, "photos/profile/profile.html", context, first=first, sizes=cards.TILE_SIZES)


@require_safe
def months_page(request: HtmxRequest, username: str) -> HttpResponse:
    """List the months in which a profile has photos that the viewer may see."""
    me = viewer(request)
    person = person_or_404(username, me)
    view_as = ViewAs.from_request(request, relationship.between(me, person.pk))
    visible = Photo.objects.listed_for(view_as.relationship, person.pk)
    wall_url = person.get_absolute_url()
    context = {
        "person": Person.from_user(person),
        "view_as": view_as,
        "wall_url": view_as.keep_in(wall_url),
        "months": [
            (month, view_as.keep_in(f"{wall_url}?month={month}")) for month in months.with_photos(visible)
        ],
    }
    return render(request, "photos/profile/months.html", context)


def own_profile(request: HttpRequest) -> HttpResponse:
    """Send the viewer to their own profile."""
    me = viewer(request)
    return redirect(me.get_absolute_url() if me else "account_login")


def _profile_head(person: User, me: User | None, view_as: ViewAs) -> dict[str, Any]:
    relation, is_visitor = view_as.relationship, me is not None and me.pk != person.pk
    return {
        "view_as": view_as,
        "wall_url": view_as.keep_in(person.get_absolute_url()),
        "months_url": view_as.keep_in(reverse("months", args=[person.username])),
        "is_self": relation == Relationship.OWNER,
        "can_follow": is_visitor and relation != Relationship.BLOCKED,
        "can_avoid": is_visitor,
        "is_blocked": relation == Relationship.BLOCKED,
        "is_muted": me is not None and person.pk in blocks_cache.for_user(me).muted,
        "is_following": relation == Relationship.FOLLOWER,
        "follower_count": person.followers.count(),
        "following_count": person.following.count(),
    }
