"""What search engines may fetch, and what they may index."""

import re
from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client

from accounts.models import User
from photos.library import album_places, albums
from tests.cast import make_photo

pytestmark = pytest.mark.django_db(databases="__all__")

NOINDEX = '<meta name="robots" content="noindex">'


def rules() -> RobotFileParser:
    answer = Client().get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "max-age=86400" in answer["Cache-Control"]
    parser = RobotFileParser()
    parser.parse(answer.content.decode().splitlines())
    return parser


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/", True),
        ("/explore/", True),
        ("/@alice/", True),
        ("/@alice/albums/", True),
        ("/p/7Gk/", True),
        ("/a/7Gk/", True),
        ("/tags/fog/", True),
        ("/s/secret/", True),  # says by itself that it is not for an index
        ("/static/css/base.css", True),
        ("/admin/", False),
        ("/api/uploads/", False),
        ("/accounts/login/?next=/upload/", False),
        ("/search/?q=fog", False),
        ("/organise/", False),
        ("/settings/photos/", False),
        ("/share/", False),
        ("/tiles/?id=7Gk", False),
        ("/trash/", False),
    ],
)
def test_robots_are_asked_to_leave_what_is_not_for_them(path: str, is_open: bool) -> None:
    assert rules().can_fetch("Examplebot", path) is is_open


@pytest.mark.parametrize("level", ["public", "unlisted", "followers", "private"])
def test_only_a_public_album_is_for_an_index(level: str, alice: User) -> None:
    album = albums.create(alice.pk, title="Boats", visibility=level)
    album_places.add(album, [make_photo(alice, visibility=level).pk])
    client = Client()
    client.force_login(alice)
    page = client.get(album.get_absolute_url()).content.decode()
    assert (NOINDEX in page) is (level != "public")


def test_what_was_searched_for_is_not_for_an_index() -> None:
    for query in ("", "?q=fog"):
        page = Client().get(f"/search/{query}").content.decode()
        assert re.search(NOINDEX, page)
