"""The pages that show photos of all people: explore, a tag, search."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.profile_card import Person
from accounts.relations import blocks_cache
from accounts.requests import HtmxRequest, viewer
from photos.display import cards, outages
from photos.feed import explore as explored
from photos.feed import popular
from photos.models import Photo
from photos.text import search_query, tags, words
from photos.views.http import etag, photo_lists
from photos.views.http.paging import cursor, next_url
from photos.views.http.parameters import find_number
from sharding.gather.keyset import Page

PEOPLE = 6


@require_safe
@vary_on_headers("HX-Request")
def explore(request: HtmxRequest) -> HttpResponse:
    """Show all people's public photos, the newest or (`sort=popular`) the most liked first; also to the signed-out."""
    me, before = viewer(request), cursor(request)
    if request.GET.get("sort") != "popular":
        return _grid(
            request, "photos/search/explore.html", explored.newest(me, before=before), photo_lists.EXPLORE
        )
    likes = find_number(request.GET.get("likes", "")[:9], max_digits=9)
    below = (likes, before) if before and likes is not None else None
    ranked = popular.page(me, below=below)
    query = {"sort": "popular", "likes": str(ranked.likes)}
    return _grid(
        request, "photos/search/explore.html", ranked.page, photo_lists.POPULAR, query=query, sort="popular"
    )


@require_safe
@vary_on_headers("HX-Request")
def tag(request: HtmxRequest, tag: str) -> HttpResponse:
    """Show the photos that have a tag in their caption."""
    normal = tags.normalize(tag)
    if tags.tags_in(f"#{normal}") != [normal]:
        raise Http404
    if normal != tag:
        return redirect("tag", tag=normal)
    page = explored.tagged(normal, viewer(request), before=cursor(request))
    return _grid(request, "photos/search/tag.html", page, photo_lists.of_tag(normal), tag=normal)


@require_safe
@vary_on_headers("HX-Request")
def search(request: HtmxRequest) -> HttpResponse:
    """Find photos by words, tag, person, camera and date (photos/text/search_query.py), and people by name."""
    form = photo_lists.searched_for(request)
    me, query = viewer(request), search_query.parse(form)
    page = explored.matching(query, me, before=cursor(request))
    context: dict[str, Any] = {
        "is_asked": bool(query),
        "is_narrowed": bool(form.keys() - {"q", "when"}),
        "said": form,
        "spans": list(_spans(query)),
    }
    if not request.htmx:
        named = words.words_of(query.person) or query.words
        people = User.objects.named_like(
            named, limit=PEOPLE, but=blocks_cache.for_user(me).blocked_either_way if me else ()
        )
        context["people"] = [Person.from_user(user) for user in people]
    return _grid(
        request, "photos/search/search.html", page, photo_lists.of_search(form), query=form, **context
    )


def _spans(query: search_query.SearchQuery) -> Iterator[str]:
    """Yield sentences that name the days searched for, so that the reader sees how a number was understood."""
    for days, between, since, until in (
        (
            query.taken,
            _("Taken from %(first)s to %(last)s."),
            _("Taken since %(first)s."),
            _("Taken until %(last)s."),
        ),
        (
            query.uploaded,
            _("Uploaded from %(first)s to %(last)s."),
            _("Uploaded since %(first)s."),
            _("Uploaded until %(last)s."),
        ),
    ):
        if days:
            sentence = between if days.first and days.last else since if days.first else until
            ends = {"first": days.first, "last": days.last}
            yield sentence % {name: date_format(day) for name, day in ends.items() if day}


def _grid(
    request: HtmxRequest,
    template: str,
    page: Page[Photo],
    list_query: Mapping[str, str],
    *,
    query: Mapping[str, str] = MappingProxyType({}),
    **context: object,
) -> HttpResponse:
    """Answer with a page of tiles; for htmx with the tiles alone.

    `query` goes into the address of the next page, `list_query` into those of the photos.
    """
    me = viewer(request)
    tiles = photo_lists.tiles_in(list_query, cards.by_active_owners(page.rows, me.pk if me else None))
    context |= {
        "q": query.get("q", ""),
        "tiles": tiles,
        "next_url": next_url(request, page.next_cursor, **query),
        "missing": outages.sentence_about_shards(page.missing),
        "again_url": request.get_full_path(),
    }
    template = "photos/grid/page_of_tiles.html" if request.htmx else template
    return etag.render(request, template, context, first=next(iter(tiles), None), sizes=cards.TILE_SIZES)
