"""A page that the browser has is not sent again while it is unchanged, and no viewer gets the page of another."""

import contextlib
import re
from typing import Any

import pytest
from django import shortcuts
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client

from accounts.models import User
from photos.display import cards
from photos.feed import home
from photos.library import album_places, albums, deletion
from photos.models import Photo
from photos.social import comments, likes
from photos.views.http import etag
from tests.cast import make_photo
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

HTMX = {"HX-Request": "true"}


@pytest.fixture
def photo(alice: User) -> Photo:
    return make_photo(alice, caption="Ferry in #fog", tags=["fog"])


@pytest.fixture
def browser(bob: User) -> Client:
    """Bob's browser, which has the cookies of the site."""
    client = Client()
    client.force_login(bob)
    client.get("/")
    home.rebuild(bob.pk)
    client.get("/")
    return client


def again(client: Client, address: str, tag: str, **headers: str) -> HttpResponse:
    """Ask for a page that the browser has."""
    response = client.get(address, headers={"If-None-Match": tag, **headers})
    assert isinstance(response, HttpResponse)
    return response


def addresses(photo: Photo) -> list[str]:
    return ["/", "/explore/", "/@alice/", photo.get_absolute_url(), "/tags/fog/", "/search/?q=ferry"]


def test_a_page_that_is_unchanged_is_not_sent_again(photo: Photo, browser: Client) -> None:
    for client in (browser, Client()):
        for address in addresses(photo):
            client.get(address)  # gives the browser the secret of its forms
            whole = client.get(address)
            unchanged = again(client, address, whole["ETag"])
            assert (unchanged.status_code, unchanged.content) == (304, b""), address
            for response in (whole, unchanged):
                assert {"Cookie", "HX-Request"} <= set(re.split(r",\s*", response["Vary"])), address
                assert response["Cache-Control"] == "private, no-cache"
            assert unchanged["ETag"] == whole["ETag"]


def test_an_unchanged_page_keeps_the_policy_that_its_nonce_belongs_to(photo: Photo, browser: Client) -> None:
    whole = browser.get("/")
    assert "nonce-" in whole["Content-Security-Policy"]
    assert "Content-Security-Policy" not in again(browser, "/", whole["ETag"])


def test_whatever_a_page_shows_changes_its_tag(
    photo: Photo, browser: Client, alice: User, bob: User, carol: User
) -> None:
    address = photo.get_absolute_url()
    browser.get(address)  # gives the browser the secret of its forms
    tag = browser.get(address)["ETag"]

    def has_changed() -> bool:
        nonlocal tag
        response, before = again(browser, address, tag), tag
        tag = response["ETag"]
        return response.status_code == 200 and tag != before

    assert not has_changed()
    likes.set_liked(photo, carol.pk, is_liked=True)
    assert has_changed(), "a like"
    comments.write(photo, carol.pk, "@bob look")
    assert has_changed(), "a comment"
    deliver()
    assert has_changed(), "the number at the bell"
    alice.name = "Alice Hargreaves"
    alice.save()
    assert has_changed(), "the author's name"
    bob.name = "Robert"
    bob.save()
    assert has_changed(), "one's own name, in the page's frame"
    make_photo(alice)
    assert has_changed(), "a newer neighbour"
    album = albums.create(alice.pk, title="Ferries")
    album_places.add(album, [photo.pk])
    assert has_changed(), "an album that it is in"
    album.title = "Boats"
    album.save()
    assert has_changed(), "the album's title"
    photo.refresh_from_db()
    photo.caption = "Ferry"
    photo.save()
    assert has_changed(), "the caption"
    assert not has_changed()
    deletion.delete_photo(photo)
    assert again(browser, address, tag).status_code == 404


def test_a_page_reads_nothing_from_a_database_while_it_is_rendered(
    photo: Photo, browser: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a template read by itself would not be in the tag, and the page would stay as it was."""
    likes.set_liked(photo, bob.pk, is_liked=True)
    comments.write(photo, bob.pk, "@alice look")
    album_places.add(albums.create(alice.pk, title="Ferries"), [photo.pk])
    deliver()
    rendered = []

    def render_without_queries(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        rendered.append(template)
        with contextlib.ExitStack() as stack:
            for alias in connections:
                stack.enter_context(connections[alias].execute_wrapper(refuse_query))
            return shortcuts.render(request, template, context)

    monkeypatch.setattr(etag, "render_page", render_without_queries)
    owner = Client()
    owner.force_login(alice)
    for client in (owner, browser, Client()):
        for address in addresses(photo):
            for headers in ({}, HTMX):
                assert client.get(address, headers=headers).status_code in {200, 204}, address
    assert len(set(rendered)) == 10


def refuse_query(execute: Any, sql: str, *args: Any) -> Any:
    raise AssertionError(sql)


def test_a_page_is_of_one_visitor(photo: Photo, browser: Client, carol: User) -> None:
    other = Client()
    other.force_login(carol)
    address, stranger = photo.get_absolute_url(), Client()
    tags = {client.get(address)["ETag"] for client in (browser, other, stranger)}
    assert len(tags) == 3
    tag = browser.get(address)["ETag"]
    assert again(stranger, address, tag).status_code == 200
    browser.logout()
    assert again(browser, address, tag).status_code == 200


def test_a_fragment_is_not_its_page(photo: Photo, browser: Client) -> None:
    page, fragment = browser.get("/")["ETag"], browser.get("/", headers=HTMX)["ETag"]
    assert page != fragment
    assert again(browser, "/", page, **HTMX).status_code == 200


def test_a_page_with_a_message_has_no_tag(photo: Photo, browser: Client, bob: User) -> None:
    own = make_photo(bob)
    browser.get(bob.get_absolute_url())
    page = browser.post(f"/p/{own.pid}/delete/", follow=True)
    assert b'class="messages"' in page.content
    assert "ETag" not in page.headers
    assert "ETag" in browser.get(bob.get_absolute_url()).headers


def test_the_first_picture_is_named_before_the_page(photo: Photo, browser: Client) -> None:
    for address in addresses(photo):
        response = browser.get(address)
        link = response["Link"]
        assert "rel=preload; as=image" in link, address
        sources = re.search(r'imagesrcset="([^"]+)"; imagesizes="([^"]+)"', link)
        assert sources is not None
        page = response.content.decode().replace("&lt;", "<").replace("&amp;", "&")
        assert f'srcset="{sources[1]}" sizes="{sources[2]}"' in page, "the very same as the page says"
        assert "Link" not in browser.get(address, headers=HTMX).headers, address


def test_a_preload_names_what_is_there(photo: Photo) -> None:
    photo.stage = "quick"
    tile = cards.tile(photo)
    best = "avif" if tile.avif_srcset else "webp" if tile.webp_srcset else "jpeg"
    assert f'type="image/{best}"' in tile.preload("100vw")


def test_a_page_without_a_picture_names_none(browser: Client) -> None:
    assert "Link" not in browser.get("/explore/").headers
