"""The pages that show photos."""

from typing import Any
from urllib.parse import urlencode

import redis
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import blocks_cache, people_cache, relationship
from accounts.profile_card import Person
from accounts.relationship import Relationship
from accounts.views import is_htmx, person_or_404, send_to_sign_in, signed_in, viewer
from photos.display import camera_facts
from photos.display import cards as delivery
from photos.feed import home as feed
from photos.imaging.dimensions import MAX_PIXELS
from photos.jobs import tasks
from photos.library import albums, memories, months, preferences, quota
from photos.models import Photo, Stage, State, Visibility, visibility_levels
from photos.sharing import embeds
from photos.social import audience, comment_page
from photos.templatetags import uploading
from photos.views.http import etag, view_as
from sharding.rows import ids

PROFILE_PAGE = 40
COUNTED_UP_TO = 10_000
MAX_TILES = 100


@require_safe
@vary_on_headers("HX-Request")
def home(request: HttpRequest) -> HttpResponse:
    """The feed of the people one follows; the landing page for a signed-out visitor."""
    me = viewer(request)
    if me is None:
        return (
            send_to_sign_in(request)
            if is_htmx(request)
            else etag.page(request, "photos/home/landing.html", {})
        )
    page = feed.page(me, before=cursor(request))
    if page.is_missing_timeline:
        _send_for_timeline(me.pk)
    people = people_cache.people(photo.owner_id for photo in page.photos)
    cards = [
        delivery.card(photo, Person.from_user(people[photo.owner_id]))
        for photo in page.photos
        if photo.owner_id in people and people[photo.owner_id].is_active
    ]
    context: dict[str, object] = {
        "cards": cards,
        "next_url": next_url(request, page.next_cursor),
        "missing": page.missing,
        "again_url": request.get_full_path(),
        "suggestions": [],
    }
    if is_htmx(request):
        return etag.page(request, "photos/home/home.html#cards", context)
    context["years"] = memories.on_home(me.pk) if cursor(request) is None else []
    context["suggestions"] = [Person.from_user(user) for user in people_cache.suggested_to(me, limit=6)]
    first = next(iter(cards), None)
    return etag.page(request, "photos/home/home.html", context, first=first, sizes=delivery.CARD_SIZES)


def _send_for_timeline(viewer_id: int) -> None:
    """Let a worker make the reader's timeline for the next page; without a queue that page is pulled as well."""
    try:
        tasks.rebuild_timeline.send(viewer_id)
    except (redis.RedisError, OSError):
        return


@require_safe
@vary_on_headers("HX-Request")
def profile(request: HttpRequest, username: str) -> HttpResponse:
    """Somebody's photos, as far as the visitor may see them."""
    me = viewer(request)
    person = person_or_404(username, me)
    eyes = view_as.of(request, relationship.between(me, person.pk))
    tie = eyes.tie
    visible = Photo.objects.listed_for(tie, person.pk)
    month = asked_month(request)
    found = list(visible.newest(PROFILE_PAGE + 1, before=month.end_id if month else cursor(request)))
    tiles = [delivery.tile(photo) for photo in found[:PROFILE_PAGE]]
    further = next_url(request, found[PROFILE_PAGE - 1].pk if len(found) > PROFILE_PAGE else None)
    context: dict[str, object] = {
        "month": month,
        "person": Person.from_user(person),
        "tiles": eyes.onto_tiles(tiles),
        "next_url": eyes.onto(further) if further else None,
    }
    if is_htmx(request):
        return etag.page(request, "photos/profile/profile.html#tiles", context)
    is_visitor = me is not None and me.pk != person.pk
    context |= {
        "guise": eyes,
        "wall_url": eyes.onto(person.get_absolute_url()),
        "months_url": eyes.onto(reverse("months", args=[person.username])),
        "is_self": tie == Relationship.OWNER,
        "can_follow": is_visitor and tie != Relationship.BLOCKED,
        "can_avoid": is_visitor,
        "is_blocked": tie == Relationship.BLOCKED,
        "is_muted": me is not None and person.pk in blocks_cache.for_user(me).muted,
        "is_following": tie == Relationship.FOLLOWER,
        "photo_count": visible[:COUNTED_UP_TO].count(),
        "follower_count": person.followers.count(),
        "following_count": person.following.count(),
        "tiles_url": "/tiles/",
    }
    first = next(iter(tiles), None)
    return etag.page(request, "photos/profile/profile.html", context, first=first, sizes=delivery.TILE_SIZES)


@require_safe
def months_page(request: HttpRequest, username: str) -> HttpResponse:
    """The months in which somebody's wall has photos that the visitor may see."""
    me = viewer(request)
    person = person_or_404(username, me)
    eyes = view_as.of(request, relationship.between(me, person.pk))
    visible = Photo.objects.listed_for(eyes.tie, person.pk)
    context = {
        "person": Person.from_user(person),
        "guise": eyes,
        "wall_url": eyes.onto(person.get_absolute_url()),
        "months": [
            (each, eyes.onto(f"{person.get_absolute_url()}?month={each}"))
            for each in months.with_photos(visible)
        ],
    }
    return render(request, "photos/profile/months.html", context)


@require_safe
@vary_on_headers("HX-Request")
def photo(request: HttpRequest, pid: str) -> HttpResponse:
    """One photo, large."""
    me = viewer(request)
    found, owner, tie = photo_or_404(request, pid)
    eyes, person = view_as.of(request, tie), Person.from_user(owner)
    is_owner, seen_by = eyes.tie == Relationship.OWNER, found.get_visibility_display()
    if eyes.is_preview and not (found.is_shown and found.visibility in visibility_levels.REACHABLE[eyes.tie]):
        return render(request, "photos/view_as/unseen.html", {"guise": eyes, "seen_by": seen_by})
    card = delivery.card(found, person)
    picture = {
        "photo": card,
        "is_revising": is_owner and found.edits != found.shown_edits,
    }
    if is_htmx(request):
        return etag.page(request, "photos/photo/photo.html#picture", picture)
    newer_id, older_id = Photo.objects.listed_for(eyes.tie, owner.pk).shown().neighbours(found.pk)
    context = picture | {
        "owner": person,
        "guise": eyes,
        "preview": embeds.preview(card),
        "is_owner": is_owner,
        "seen_by": seen_by,
        "levels": visibility_levels.options() if is_owner else (),
        "can_edit": is_owner and found.stage == Stage.FULL,
        "failure": card.failure if is_owner and found.is_shown else "",
        "credit": camera_facts.credit_to_read(found.shown_credit),
        "place": camera_facts.place_to_read(found.latitude, found.longitude, found.location),
        "facts": camera_facts.facts_to_read(found.facts),
        "newer_url": eyes.onto(photo_url(newer_id)) if newer_id else "",
        "older_url": eyes.onto(photo_url(older_id)) if older_id else "",
        "tiles_url": "/tiles/",
        "can_talk": found.is_shown,
        **albums_of(found, eyes.tie),
    }
    if found.is_shown:
        context |= comment_page.context(
            found,
            None if eyes.is_preview else me,
            before=cursor_of(request, "comments"),
            answers_before=cursor_of(request, "answers"),
        )
    return etag.page(request, "photos/photo/photo.html", context, first=card, sizes=delivery.PAGE_SIZES)


@csrf_exempt  # nothing is done with what is posted
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def upload(request: HttpRequest) -> HttpResponse:
    """Choose or drop photos.

    Photos shared from another app are posted here, and the service worker takes them (service-worker.js). If there is
    none yet, the page is shown and they are chosen by hand.
    """
    if request.method == "POST":
        return redirect("upload")
    me = viewer(request)
    context = {
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_files": settings.UPLOAD_MAX_FILES,
        "max_megapixels": MAX_PIXELS // 1_000_000,
        "accept": uploading.ACCEPT,
        "quota_bytes": settings.QUOTA_BYTES,
        "used_bytes": quota.used_bytes(me.pk) if me else 0,
        "visibility_choices": Visibility.choices,
        "default_visibility": preferences.of(me.pk).visibility if me else "",
        "tiles_url": "/tiles/",
    }
    return render(request, "photos/upload/upload.html", context)


@require_safe
def tiles(request: HttpRequest) -> HttpResponse:
    """Those of the asked-for photos that are settled, as tiles; the page asks again for the rest."""
    me = viewer(request)
    if me is None:
        return HttpResponse(status=401)
    wanted = [parsed_pid(pid) for pid in request.GET.getlist("id")[:MAX_TILES]]
    own = Photo.objects.of(me.pk).kept().filter(Q(state=State.FAILED) | ~Q(stage=""), pk__in=wanted)
    return render(
        request, "photos/grid/tiles.html", {"tiles": [delivery.tile(photo) for photo in own.order_by("-pk")]}
    )


def albums_of(found: Photo, tie: Relationship) -> dict[str, Any]:
    """Return the albums that a photo is in, as its page shows them; to its owner all others too, to be chosen."""
    if tie == Relationship.OWNER:
        choices = albums.choices(found)
        return {"albums": [each.album for each in choices if each.is_in], "album_choices": choices}
    return {"albums": albums.containing(found, tie)}


def own_profile(request: HttpRequest) -> HttpResponse:
    """Send a signed-in person to their own profile."""
    me = viewer(request)
    return redirect(me.get_absolute_url() if me else "account_login")


def photo_or_404(request: HttpRequest, pid: str) -> audience.VisiblePhoto:
    """Return the photo of that address if the visitor may see it; to anybody else it does not exist."""
    found = audience.load_visible(parsed_pid(pid), viewer(request))
    if found is None:
        raise Http404
    return found


def photo_url(photo_id: int) -> str:
    """Return the address of a photo's page."""
    return reverse("photo", args=[ids.encode(photo_id)])


def parsed_pid(pid: str) -> int:
    """Return the id that stands in an address. Raises Http404."""
    try:
        return ids.decode(pid)
    except ids.InvalidId as error:
        raise Http404 from error


def asked_month(request: HttpRequest) -> months.Month | None:
    """Return the month that the asked-for page is to begin with. Raises Http404."""
    try:
        return months.parse(request.GET["month"]) if "month" in request.GET else None
    except months.NoMonth as error:
        raise Http404 from error


def cursor(request: HttpRequest) -> int | None:
    """Return the id that the asked-for page goes on below."""
    before = request.GET.get("before")
    return parsed_pid(before) if before else None


def cursor_of(request: HttpRequest, what: str) -> int | None:
    """Return the id that the asked-for comments, or answers, go on below; what is no id is as if nothing were said."""
    before = request.GET.get(what, "")
    is_number = before.isascii() and before.isdecimal() and len(before) <= ids.MAX_DIGITS
    return int(before) if is_number and int(before) <= ids.MAX_ID else None


def next_url(request: HttpRequest, last_id: int | None, **query: str) -> str | None:
    """Return the address of the page after the photo `last_id`, with its path: the lightbox has another in the bar."""
    if last_id is None:
        return None
    return f"{escape_uri_path(request.path)}?{urlencode({**query, 'before': ids.encode(last_id)})}"
