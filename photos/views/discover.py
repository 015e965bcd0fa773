"""The pages by which people find photos of people they do not know yet."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import keptaway, known
from accounts.models import User
from accounts.people import Person
from accounts.views import is_htmx, viewer
from photos import delivery, discovery, missing, tags, words
from photos.models import Photo
from photos.views import unchanged
from photos.views.pages import cursor
from sharding import ids
from sharding.keyset import Page

PEOPLE = 6


@require_safe
@vary_on_headers("HX-Request")
def explore(request: HttpRequest) -> HttpResponse:
    """Everybody's newest public photos, for signed-out visitors too."""
    return grid(request, "photos/explore.html", discovery.explore(viewer(request), before=cursor(request)))


@require_safe
@vary_on_headers("HX-Request")
def tag(request: HttpRequest, tag: str) -> HttpResponse:
    """The photos that have a tag in their caption."""
    normal = tags.normal(tag)
    if tags.tags_in(f"#{normal}") != [normal]:
        raise Http404
    if normal != tag:
        return redirect("tag", tag=normal)
    page = discovery.tagged(normal, viewer(request), before=cursor(request))
    return grid(request, "photos/tag.html", page, tag=normal)


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """Photos by words in caption and camera, and people by name."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    me, asked = viewer(request), words.words_of(text)
    page = discovery.found(text, me, before=cursor(request))
    context: dict[str, object] = {"is_asked": bool(asked)}
    if not is_htmx(request):
        people = User.objects.named_like(asked, limit=PEOPLE, but=keptaway.of(me).apart if me else ())
        context["people"] = [Person.of(user) for user in people]
    return grid(request, "photos/search.html", page, q=text, **context)


def grid(
    request: HttpRequest, template: str, page: Page[Photo], *, q: str = "", **context: object
) -> HttpResponse:
    """Answer with a page of tiles; for htmx with the tiles alone."""
    people = known.people(photo.owner_id for photo in page.rows)
    tiles = [
        delivery.card(photo, Person.of(people[photo.owner_id]))
        for photo in page.rows
        if photo.owner_id in people and people[photo.owner_id].is_active
    ]
    context |= {
        "q": q,
        "tiles": tiles,
        "next_url": next_url(page.next_cursor, q=q),
        "missing": missing.of_everybody(page.missing),
        "again_url": request.get_full_path(),
        "tiles_url": "/tiles/",
    }
    template = "photos/page_of_tiles.html" if is_htmx(request) else template
    return unchanged.page(
        request, template, context, first=next(iter(tiles), None), sizes=delivery.TILE_SIZES
    )


def next_url(last_id: int | None, *, q: str) -> str | None:
    """Return the address of the page after the photo `last_id`, relative to this one."""
    if last_id is None:
        return None
    return "?" + urlencode(({"q": q} if q else {}) | {"before": ids.encode(last_id)})
