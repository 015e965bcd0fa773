"""The home page, the page of one photo, and the page on which photos are uploaded."""

from typing import Any
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.profile_card import Person
from accounts.relations import people_cache
from accounts.relations.relationship import Relationship
from accounts.requests import (
    HtmxRequest,
    SignedInRequest,
    is_signed_in,
    send_to_sign_in,
    signed_in,
    viewer,
)
from photos.display import camera_facts, cards
from photos.display.descriptions import Reader
from photos.feed import home as home_feed
from photos.imaging.dimensions import MAX_PIXELS
from photos.jobs import tasks
from photos.library import album_lists, memories, preferences, quota, trash
from photos.models import Photo, Stage, State, Visibility, visibility_levels
from photos.sharing import embeds
from photos.social import audience, comment_page
from photos.templatetags import uploading
from photos.views.http import etag, photo_lists
from photos.views.http.paging import comments_cursor, cursor, next_url
from photos.views.http.parameters import parsed_pid
from photos.views.http.photo_lists import PhotoList
from photos.views.http.view_as import ViewAs
from sharding.rows import ids

MAX_TILES = 100
FAILED_NAMED = 5  # on the upload page; all are on the owner's profile


@require_safe
@vary_on_headers("HX-Request")
def home(request: HtmxRequest) -> HttpResponse:
    """Show the viewer's feed; to a signed-out visitor the landing page."""
    if not is_signed_in(request):
        return (
            send_to_sign_in(request) if request.htmx else etag.render(request, "photos/home/landing.html", {})
        )
    page = home_feed.page(request.user, before=cursor(request))
    if page.is_missing_timeline:
        _send_for_timeline(request.user.pk)
    feed_cards = photo_lists.tiles_in(photo_lists.HOME, cards.by_active_owners(page.photos, request.user.pk))
    context: dict[str, Any] = {
        "cards": feed_cards,
        "next_url": next_url(request, page.next_cursor),
        "missing": page.missing,
        "again_url": request.get_full_path(),
        "suggestions": [],
    }
    if request.htmx:
        return etag.render(request, "photos/home/home.html#cards", context)
    suggested = people_cache.suggested_to(request.user, limit=6)
    years = memories.for_home_page(request.user.pk) if cursor(request) is None else []
    context["years"] = photo_lists.years_in(years)
    context["suggestions"] = [Person.from_user(user) for user in suggested]
    first = next(iter(feed_cards), None)
    return etag.render(request, "photos/home/home.html", context, first=first, sizes=cards.CARD_SIZES)


@require_safe
@vary_on_headers("HX-Request")
def photo(request: HtmxRequest, pid: str) -> HttpResponse:
    """Show one photo, large."""
    found = audience.load_visible(parsed_pid(pid), viewer(request))
    if found is None:
        return _trashed_photo(request, pid)
    photo, owner, relation = found
    view_as = ViewAs.from_request(request, relation)
    if view_as.is_preview and not audience.may_open(photo, view_as.relationship):
        context = {"view_as": view_as, "seen_by": photo.get_visibility_display()}
        return render(request, "photos/view_as/unseen.html", context)
    card = cards.card(photo, Person.from_user(owner), Reader.from_relationship(view_as.relationship))
    is_owner = view_as.relationship == Relationship.OWNER
    picture = {"photo": card, "is_revising": is_owner and photo.edits != photo.shown_edits}
    if request.htmx:
        return etag.render(request, "photos/photo/photo.html#picture", picture)
    context = picture | {
        "owner": card.owner,
        "view_as": view_as,
        "preview": embeds.preview(card),
        "is_owner": is_owner,
        "seen_by": photo.get_visibility_display(),
        "levels": visibility_levels.options() if is_owner else (),
        "can_edit": is_owner and photo.state != State.FAILED,
        "failure": card.failure if is_owner and photo.is_shown else "",
        "can_talk": photo.is_shown,
        **_facts(photo),
        **_neighbours(photo, view_as, photo_lists.find(request, photo, view_as)),
        **_albums(photo, view_as.relationship),
    }
    if photo.is_shown:
        context |= comment_page.context(
            photo,
            None if view_as.is_preview else viewer(request),
            before=comments_cursor(request, "comments"),
            answers_before=comments_cursor(request, "answers"),
        )
    return etag.render(
        request,
        "photos/photo/photo.html",
        context,
        first=None if card.motion else card,
        sizes=cards.PAGE_SIZES,
    )


@csrf_exempt  # nothing is done with what is posted
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def upload(request: SignedInRequest) -> HttpResponse:
    """Show the page on which photos are chosen or dropped.

    Photos shared from another app are posted here, and the service worker takes them (service-worker.js). Without a
    service worker the page is shown, and the photos are chosen by hand.
    """
    if request.method == "POST":
        return redirect("upload")
    context = {
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_files": settings.UPLOAD_MAX_FILES,
        "max_megapixels": MAX_PIXELS // 1_000_000,
        "accept": uploading.ACCEPT,
        "quota_bytes": settings.QUOTA_BYTES,
        "used_bytes": quota.used_bytes(request.user.pk),
        "visibility_choices": Visibility.choices,
        "default_visibility": preferences.for_owner(request.user.pk).visibility,
        **_failed(request.user.pk),
    }
    return render(request, "photos/upload/upload.html", context)


@require_safe
def tiles(request: HtmxRequest) -> HttpResponse:
    """Answer with tiles of those photos (`id`) of the viewer's that are settled; the page asks again for the rest."""
    if not is_signed_in(request):
        return HttpResponse(status=401)
    photo_ids = [parsed_pid(pid) for pid in request.GET.getlist("id")[:MAX_TILES]]
    is_settled = Q(state=State.FAILED) | ~Q(stage=Stage.NONE)
    photos = Photo.objects.of(request.user.pk).kept().filter(is_settled, pk__in=photo_ids)
    context = {"tiles": cards.tiles(photos.order_by("-pk"), Reader.OWNER)}
    return render(request, "photos/grid/tiles.html", context)


def _failed(owner_id: int) -> dict[str, Any]:
    """Return some of an owner's photos that failed, the newest first, and how many there are."""
    failed = Photo.objects.of(owner_id).failed()
    some = list(failed.newest(FAILED_NAMED + 1))
    count = failed.count() if len(some) > FAILED_NAMED else len(some)
    return {"failed_count": count, "failed_tiles": cards.tiles(some[:FAILED_NAMED], Reader.OWNER)}


def _trashed_photo(request: HtmxRequest, pid: str) -> HttpResponse:
    """Show the viewer's own photo that is in the trash, with the ways out of there. Any other photo is a 404."""
    me = viewer(request)
    photo = trash.photos_for(me.pk).filter(pk=parsed_pid(pid)).first() if me else None
    if me is None or photo is None:
        raise Http404
    context = {
        "photo": cards.card(photo, Person.from_user(me), Reader.OWNER),
        "days": trash.days_left(photo),
    }
    return render(request, "photos/photo/trashed.html", context)


def _send_for_timeline(viewer_id: int) -> None:
    """Let a worker make the viewer's timeline for the next page; without a queue that page is pulled as well."""
    try:
        tasks.rebuild_timeline.send(viewer_id)
    except (redis.RedisError, OSError):
        return


def _facts(photo: Photo) -> dict[str, Any]:
    return {
        "credit": camera_facts.credit_to_read(photo.shown_credit),
        "place": camera_facts.place_to_read(photo.latitude, photo.longitude, photo.location),
        "facts": camera_facts.facts_to_read(photo.facts),
    }


def _neighbours(photo: Photo, view_as: ViewAs, opened_from: PhotoList | None) -> dict[str, str]:
    """Return the addresses of the photos before and behind this one, empty at the ends of its list.

    The list is that from which the photo was opened, or else its owner's photos, the newest first.
    """
    if opened_from is not None:
        return {
            "newer_url": view_as.keep_in(opened_from.photo_url(opened_from.place.before)),
            "older_url": view_as.keep_in(opened_from.photo_url(opened_from.place.behind)),
            "list_name": opened_from.name,
            "list_url": f"{view_as.keep_in(opened_from.back_url)}#photo-{photo.pid}",
            "list_query": f"?{urlencode(opened_from.query)}",
        }
    visible = Photo.objects.listed_for(view_as.relationship, photo.owner_id).shown()
    newer_id, older_id = visible.neighbours(photo.pk)
    return {
        "newer_url": view_as.keep_in(_url(newer_id)) if newer_id else "",
        "older_url": view_as.keep_in(_url(older_id)) if older_id else "",
    }


def _albums(photo: Photo, relation: Relationship) -> dict[str, Any]:
    """Return the albums that the photo is in; for its owner also all albums, to be ticked."""
    if relation == Relationship.OWNER:
        choices = album_lists.choices(photo)
        return {"albums": [each.album for each in choices if each.is_in], "album_choices": choices}
    return {"albums": album_lists.containing(photo, relation)}


def _url(photo_id: int) -> str:
    return reverse("photo", args=[ids.encode(photo_id)])
