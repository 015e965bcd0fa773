"""The pages by which people find photos of people they do not know yet."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts import blocks_cache, people_cache
from accounts.models import User
from accounts.profile_card import Person
from accounts.views import is_htmx, viewer
from photos.display import cards, outages
from photos.feed import explore as discovery
from photos.feed import popular
from photos.models import Photo
from photos.text import cleaning, search_query, tags, words
from photos.views.http import etag
from photos.views.pages import cursor, next_url
from sharding.gather.keyset import Page

PEOPLE = 6


@require_safe
@vary_on_headers("HX-Request")
def explore(request: HttpRequest) -> HttpResponse:
    """Everybody's public photos, the newest or (`sort=popular`) most liked first, for signed-out visitors too."""
    me, before = viewer(request), cursor(request)
    if request.GET.get("sort") != "popular":
        return grid(request, "photos/explore.html", discovery.newest(me, before=before))
    likes = request.GET.get("likes", "")
    below = (int(likes[:9]), before) if before and likes.isascii() and likes.isdecimal() else None
    found = popular.page(me, below=below)
    query = {"sort": "popular", "likes": str(found.likes)}
    return grid(request, "photos/explore.html", found.page, query=query, sort="popular")


@require_safe
@vary_on_headers("HX-Request")
def tag(request: HttpRequest, tag: str) -> HttpResponse:
    """The photos that have a tag in their caption."""
    normal = tags.normalize(tag)
    if tags.tags_in(f"#{normal}") != [normal]:
        raise Http404
    if normal != tag:
        return redirect("tag", tag=normal)
    page = discovery.tagged(normal, viewer(request), before=cursor(request))
    return grid(request, "photos/tag.html", page, tag=normal)


@require_safe
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """Photos by words, tag, person, camera and date (`asking`), and people by name."""
    said = {
        name: cleaning.without_nul(request.GET[name])[: search_query.LONGEST]
        for name in search_query.FIELDS
        if request.GET.get(name)
    }
    me, asked = viewer(request), search_query.parse(said)
    page = discovery.matching(asked, me, before=cursor(request))
    context: dict[str, object] = {
        "is_asked": bool(asked),
        "is_narrowed": bool(said.keys() - {"q", "when"}),
        "said": said,
        "spans": list(spans(asked)),
    }
    if not is_htmx(request):
        named = words.words_of(asked.person) or asked.words
        people = User.objects.named_like(
            named, limit=PEOPLE, but=blocks_cache.for_user(me).blocked_either_way if me else ()
        )
        context["people"] = [Person.from_user(user) for user in people]
    return grid(request, "photos/search.html", page, query=said, **context)


def spans(asked: search_query.SearchQuery) -> Iterator[str]:
    """Yield sentences of the days that are asked for, so that nobody wonders what became of a number."""
    for days, between, since, until in (
        (
            asked.taken,
            _("Taken from %(first)s to %(last)s."),
            _("Taken since %(first)s."),
            _("Taken until %(last)s."),
        ),
        (
            asked.uploaded,
            _("Uploaded from %(first)s to %(last)s."),
            _("Uploaded since %(first)s."),
            _("Uploaded until %(last)s."),
        ),
    ):
        if days:
            words_for = between if days.first and days.last else since if days.first else until
            said = {"first": days.first, "last": days.last}
            yield words_for % {name: date_format(day) for name, day in said.items() if day}


def grid(
    request: HttpRequest,
    template: str,
    page: Page[Photo],
    *,
    query: Mapping[str, str] = MappingProxyType({}),
    **context: object,
) -> HttpResponse:
    """Answer with a page of tiles; for htmx with the tiles alone. `query` is what further pages ask, too."""
    people = people_cache.people(photo.owner_id for photo in page.rows)
    tiles = [
        cards.card(photo, Person.from_user(people[photo.owner_id]))
        for photo in page.rows
        if photo.owner_id in people and people[photo.owner_id].is_active
    ]
    context |= {
        "q": query.get("q", ""),
        "tiles": tiles,
        "next_url": next_url(request, page.next_cursor, **query),
        "missing": outages.sentence_about_shards(page.missing),
        "again_url": request.get_full_path(),
        "tiles_url": "/tiles/",
    }
    template = "photos/page_of_tiles.html" if is_htmx(request) else template
    return etag.page(request, template, context, first=next(iter(tiles), None), sizes=cards.TILE_SIZES)
