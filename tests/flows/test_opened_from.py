"""A photo that is opened from a list steps through that list, and leads back to its place there."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.relations import blocking
from photos.feed import home, neighbours, popular
from photos.library import album_places, albums
from photos.models import Album, Photo
from photos.social import likes
from tests.cast import make_neighbour, make_photo, signed_in
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photos(alice: User, bob: User) -> list[Photo]:
    """Photos of two owners on two shards, taken on this day of last year, of which bob likes some."""
    other, today = make_neighbour(alice), timezone.localdate()
    year = today.year - (1 if (today.month, today.day) != (2, 29) else 4)
    facts = {"taken_at": f"{today.replace(year=year)}T12:00:00"}
    photos = [
        make_photo(owner, caption="#fog", tags=["fog"], facts=facts)
        for owner in (alice, other, bob, alice, bob, other, bob, alice)
    ]
    for photo in (photos[5], photos[0], photos[3], photos[2]):
        likes.set_liked(photo, bob.pk, is_liked=True)
    deliver()
    return photos


@pytest.fixture
def album(alice: User, photos: list[Photo]) -> Album:
    """An album whose order is not that of the uploads."""
    album = albums.create(alice.pk, title="Boats")
    own = [photo.pk for photo in photos if photo.owner_id == alice.pk]
    album_places.add(album, [own[1], own[2], own[0]])
    return album


def listed(client: Client, address: str) -> list[str]:
    """Return the addresses of the photos of a list, in its order."""
    html = client.get(address).content.decode()
    return [unescape(url) for url in re.findall(r'href="(/p/[^"]*in=[^"]*)"', html)]


def neighbours_on(client: Client, address: str) -> tuple[str, str]:
    """Return the addresses before and behind a photo, as its page without scripts has them."""
    html = client.get(address).content.decode()
    found = (re.search(rf'class="step {way}" href="([^"]*)"', html) for way in ("newer", "older"))
    before, behind = (unescape(each[1]) if each else "" for each in found)
    return before, behind


LISTS: dict[str, Callable[[Album], str]] = {
    "album": lambda album: album.get_absolute_url(),
    "tag": lambda _: "/tags/fog/",
    "search": lambda _: "/search/?q=fog",
    "explore": lambda _: "/explore/",
    "popular": lambda _: "/explore/?sort=popular",
    "favourites": lambda _: "/favourites/",
    "home": lambda _: "/",
    "memories": lambda _: "/memories/",
}


@pytest.mark.parametrize("name", LISTS)
def test_the_page_of_a_photo_steps_through_the_list_it_was_opened_from(
    name: str, bob: User, album: Album
) -> None:
    client, address = signed_in(bob), LISTS[name](album)
    home.rebuild(bob.pk)
    popular.RANKING.invalidate(settings.SHARDS)
    urls = listed(client, address)
    if name == "home":  # its memories come first, in a list of their own
        urls = [url for url in urls if "in=home" in url]
    assert len(urls) > 2
    assert [neighbours_on(client, url) for url in urls] == list(
        zip(["", *urls[:-1]], [*urls[1:], ""], strict=True)
    )
    page = client.get(urls[1])
    back = page.context["list_url"]
    assert back.startswith(address)
    assert f'id="{back.partition("#")[2]}"' in client.get(back.partition("#")[0]).content.decode()
    assert re.search(r'rel="canonical" href="[^"?]*"', page.content.decode())


@pytest.mark.parametrize("name", ["album", "tag", "explore", "favourites"])
def test_the_way_back_leads_to_the_page_of_the_list_that_shows_the_photo(
    name: str, bob: User, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "REACH", 1)
    client, address = signed_in(bob), LISTS[name](album)
    urls = listed(client, address)
    for place, url in enumerate(urls):
        again = client.get(url).context["list_url"].partition("#")[0]
        shown = listed(client, again)
        assert url in shown
        assert shown == urls[place:]


def test_a_list_that_is_not_the_readers_or_lost_the_photo_is_as_if_none_was_named(
    alice: User, bob: User, carol: User, photos: list[Photo], album: Album
) -> None:
    photo, client, stranger = photos[3], signed_in(bob), Client()
    plain = neighbours_on(client, photo.get_absolute_url())
    secret = albums.create(alice.pk, title="Secret", visibility="private")
    album_places.add(secret, [photos[7].pk, photo.pk])
    others = albums.create(carol.pk, title="Others")
    for query in (
        *(f"in=album.{pid}" for pid in (secret.pid, others.pid, "nonsense", "")),
        *("in=tag.snow", "in=tag.", "in=search", "in=search&q=snow", "in=nothing", "in=memories", "in=%00"),
    ):
        page = client.get(f"{photo.get_absolute_url()}?{query}")
        assert page.status_code == 200, query
        assert "Secret" not in page.content.decode()
        assert neighbours_on(client, f"{photo.get_absolute_url()}?{query}") == plain, query
    in_album = f"{photo.get_absolute_url()}?in=album.{album.pid}"
    assert neighbours_on(client, in_album) != plain
    album_places.remove(album, [photo.pk])
    assert neighbours_on(client, in_album) == plain
    for name in ("favourites", "home"):
        assert neighbours_on(stranger, f"{photo.get_absolute_url()}?in={name}") == plain


def test_no_step_leads_to_the_photo_of_a_blocked_person(bob: User, photos: list[Photo]) -> None:
    client = signed_in(bob)
    other = User.objects.get(pk=photos[5].owner_id)
    blocking.begin(bob, other, "block")
    for photo in (photos[4], photos[6]):
        for url in neighbours_on(client, f"{photo.get_absolute_url()}?in=tag.fog"):
            assert client.get(url).status_code == 200


def test_what_is_saved_on_the_page_keeps_the_list(alice: User, album: Album, photos: list[Photo]) -> None:
    client, photo = signed_in(alice), photos[3]
    address = f"{photo.get_absolute_url()}?in=album.{album.pid}"
    page = client.get(address).content.decode()
    for route in ("caption", "visibility", "albums"):
        action = unescape(re.findall(rf'action="(/p/[^"]*/{route}/[^"]*)"', page)[0])
        assert client.post(action, {"caption": "Low tide", "visibility": "public"})["Location"] == address


def test_a_preview_keeps_the_list(alice: User, album: Album) -> None:
    client = signed_in(alice)
    urls = listed(client, f"{album.get_absolute_url()}?as=stranger")
    assert all("as=stranger" in url for url in urls)
    assert neighbours_on(client, urls[1]) == (urls[0], urls[2])
