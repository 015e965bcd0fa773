"""The list from which a photo was opened (`?in=`): its page steps through that list and leads back to it.

A tile's address carries the list. One that the reader may not see, or that no longer holds the photo, is as if the
address named none: the page then steps through its owner's photos. The canonical address names no list.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.relations.relationship import Relationship
from accounts.requests import viewer
from photos.display.cards import Tile
from photos.feed import neighbours
from photos.feed.neighbours import Place
from photos.library import album_contents
from photos.library.memories import Year
from photos.models import Album, Photo, visibility_levels
from photos.text import cleaning, search_query
from photos.views.http.lookups import album_or_404
from photos.views.http.view_as import ViewAs
from sharding.rows import ids

AnyTile = TypeVar("AnyTile", bound=Tile)


@dataclass(frozen=True)
class PhotoList:
    """A list that holds a photo: its name for a link, its address, what names it in addresses, the photo's place."""

    name: str
    url: str
    query: Mapping[str, str]
    place: Place

    @property
    def back_url(self) -> str:
        """Return the address of that page of the list which shows the photo."""
        return address_in(self.url, self.place.cursor)

    def photo_url(self, photo_id: int | None) -> str:
        """Return the address of a photo of the list; "" for None."""
        return "" if photo_id is None else address_in(_page_of(photo_id), self.query)


def of_album(album: Album) -> dict[str, str]:
    """Return what names an album in the address of a photo."""
    return {"in": f"album.{album.pid}"}


def of_tag(tag: str) -> dict[str, str]:
    """Return what names a tag in the address of a photo."""
    return {"in": f"tag.{tag}"}


def of_search(form: Mapping[str, str]) -> dict[str, str]:
    """Return what names a search in the address of a photo."""
    return {"in": "search", **form}


def address_in(url: str, query: Mapping[str, str]) -> str:
    """Return an address with more in its query, such as the list that a photo is opened from."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url


def tiles_in(query: Mapping[str, str], tiles: Sequence[AnyTile]) -> list[AnyTile]:
    """Return tiles whose addresses name their list."""
    return [replace(tile, url=address_in(tile.url, query)) for tile in tiles]


def years_in(years: Sequence[Year]) -> list[Year]:
    """Return memories whose tiles name their list."""
    return [replace(year, tiles=tiles_in(MEMORIES, year.tiles)) for year in years]


def page_of(request: HttpRequest, photo: Photo) -> str:
    """Return the address of a photo's page, with the list that the form's address named."""
    named = {"in": request.GET["in"], **searched_for(request)} if "in" in request.GET else {}
    return address_in(photo.get_absolute_url(), named)


def find(request: HttpRequest, photo: Photo, view_as: ViewAs) -> PhotoList | None:
    """Return the list that the address of a photo's page names, if the reader sees the photo in it."""
    kind, _dot, which = request.GET.get("in", "").partition(".")
    opener = OPENERS.get(kind)
    try:
        return opener(request, photo, view_as, cleaning.without_nul(which)) if opener else None
    except Http404:  # an album that is gone, or not for this reader
        return None


def searched_for(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a search that an address has."""
    return {
        name: cleaning.without_nul(request.GET[name])[: search_query.LONGEST]
        for name in search_query.FIELDS
        if request.GET.get(name)
    }


Opener = Callable[[HttpRequest, Photo, ViewAs, str], PhotoList | None]


def _album(request: HttpRequest, photo: Photo, view_as: ViewAs, pid: str) -> PhotoList | None:
    album, owner, _relation = album_or_404(request, pid)
    relation = view_as.relationship
    if owner.pk != photo.owner_id or album.visibility not in visibility_levels.REACHABLE[relation]:
        return None
    place = neighbours.in_album(photo, album, album_contents.visible_photos(album, relation))
    return PhotoList(album.title, album.get_absolute_url(), of_album(album), place) if place else None


def _tag(request: HttpRequest, photo: Photo, view_as: ViewAs, tag: str) -> PhotoList | None:
    if tag not in photo.tags:
        return None
    place = neighbours.in_tag(photo, viewer(request), tag)
    return PhotoList(f"#{tag}", reverse("tag", args=[tag]), of_tag(tag), place) if place else None


def _search(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    form = searched_for(request)
    place = neighbours.in_search(photo, viewer(request), search_query.parse(form))
    url = f"{reverse('search')}?{urlencode(form)}"
    return PhotoList(_("Search"), url, of_search(form), place) if place else None


def _explore(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    place = neighbours.in_newest(photo, viewer(request))
    return PhotoList(_("Explore"), reverse("explore"), EXPLORE, place) if place else None


def _popular(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    place = neighbours.in_popular(photo, viewer(request))
    url = f"{reverse('explore')}?sort=popular"
    return PhotoList(_("Popular this week"), url, POPULAR, place) if place else None


def _home(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    me = viewer(request)
    place = neighbours.in_home(photo, me) if me else None
    return PhotoList(_("Home"), reverse("home"), HOME, place) if place else None


def _favourites(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    me = viewer(request)
    place = neighbours.in_favourites(photo, me) if me else None
    return PhotoList(_("Favourites"), reverse("favourites"), FAVOURITES, place) if place else None


def _memories(request: HttpRequest, photo: Photo, view_as: ViewAs, which: str) -> PhotoList | None:
    is_own = view_as.relationship == Relationship.OWNER
    place = neighbours.in_memories(photo) if is_own else None
    return PhotoList(_("On this day"), reverse("memories"), MEMORIES, place) if place else None


def _page_of(photo_id: int) -> str:
    return reverse("photo", args=[ids.encode(photo_id)])


EXPLORE, POPULAR, HOME = {"in": "explore"}, {"in": "popular"}, {"in": "home"}
FAVOURITES, MEMORIES = {"in": "favourites"}, {"in": "memories"}
OPENERS: Mapping[str, Opener] = {
    "album": _album,
    "tag": _tag,
    "search": _search,
    "explore": _explore,
    "popular": _popular,
    "home": _home,
    "favourites": _favourites,
    "memories": _memories,
}
