"""A list goes on wherever its reader is: on its page, and in the lightbox, which stands at another address."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from accounts.models import User
from photos.feed import explore, popular
from photos.library import album_places, albums
from photos.models import Album, Photo
from photos.social import favourites, likes
from photos.views import albums as album_views
from photos.views import organise, profile
from tests.cast import make_photo
from tests.front import bridge
from tests.photos.jobs.fanout import deliver

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("in_a_loop")]

COUNT, ON_A_PAGE = 14, 6
HTMX = {"HX-Request": "true"}


@pytest.fixture
def photos(alice: User, monkeypatch: pytest.MonkeyPatch) -> list[Photo]:
    """Alice's, the newest first; a page of them has six."""
    for module, name in [
        (profile, "PAGE"),
        *((each, "PAGE") for each in (favourites, album_views, organise)),
    ]:
        monkeypatch.setattr(module, name, ON_A_PAGE)
    for search in (explore.newest, explore.tagged, explore.matching, popular.page):
        monkeypatch.setattr(search, "__kwdefaults__", {**(search.__kwdefaults__ or {}), "limit": ON_A_PAGE})
    return [make_photo(alice, caption=f"Boat {n} in #fog", tags=["fog"]) for n in range(COUNT)][::-1]


@pytest.fixture
def album(alice: User, photos: list[Photo]) -> Album:
    made = albums.create(alice.pk, title="The coast")
    album_places.add(made, [photo.pk for photo in photos])
    return made


@pytest.fixture
def member(alice: User, photos: list[Photo]) -> Client:
    """Alice, who likes all of her photos."""
    for photo in photos:
        likes.set_liked(photo, alice.pk, is_liked=True)
    deliver()
    client = Client()
    client.force_login(alice)
    return client


def shown(html: str) -> list[str]:
    return re.findall(r'data-photo="(\w+)"', html)


def test_the_way_on_is_an_address_from_anywhere(member: Client, album: Album, photos: list[Photo]) -> None:
    lists = (
        "/@alice/",
        "/@alice/?as=stranger",
        "/explore/",
        "/explore/?sort=popular",
        "/tags/fog/",
        "/favourites/",
    )
    own = (album.get_absolute_url(), "/organise/", f"/organise/?album={album.pid}")
    for address in (*lists, "/search/?tag=fog", *own):
        page = member.get(address).content.decode()
        (way,) = re.findall(r'hx-get="([^"]+)" hx-target="closest .more"', page)
        assert f'href="{way}"' in page
        assert way.startswith(f"{address.partition('?')[0]}?"), address
        further = shown(member.get(way.replace("&amp;", "&"), headers=HTMX).content.decode())
        assert further, address
        assert not set(further) & set(shown(page)), address


@pytest.mark.parametrize("address", ["/@alice/", "/favourites/"])
def test_the_lightbox_goes_on_where_its_list_goes_on(
    chromium: Browser, member: Client, photos: list[Photo], address: str
) -> None:
    tab = bridge.open_tab(chromium, member, viewport={"width": 500, "height": 300}, reduced_motion="reduce")
    liked_last_first = photos[::-1]
    try:
        tab.goto(address)
        tab.locator(".tile a").first.click()
        for photo in photos if address == "/@alice/" else liked_last_first:
            expect(tab.locator(".pswp__words")).to_have_text(photo.caption)
            expect(tab).to_have_url(re.compile(rf"/p/{photo.pid}/(\?in=favourites)?$"))
            tab.keyboard.press("ArrowRight")
    finally:
        tab.context.close()
