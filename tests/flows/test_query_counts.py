"""Queries per request and database, kept in query_counts.json so that an N+1 or an extra shard shows in the diff.

`UPDATE_QUERY_COUNTS=1 pytest tests/flows/test_query_counts.py` writes the file anew.
"""

import contextlib
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Follow, User
from photos.feed import home
from photos.library import album_places, albums
from photos.models import Photo
from photos.social import comments, likes
from tests.cast import make_photo, make_resident
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

BASELINE = Path(__file__).with_name("query_counts.json")
PHOTOS = 30
GUESTS = 5


@pytest.fixture
def viewer() -> User:
    """A user of the first shard: the counts depend on who lives where."""
    return make_resident(settings.SHARDS[0])


@pytest.fixture
def pages(viewer: User) -> dict[str, str]:
    """The pages that people open most, with enough on them to show a query per row."""
    photographers = [make_resident(alias) for alias in settings.SHARDS]
    Follow.objects.bulk_create(Follow(follower=viewer, followee=person) for person in photographers)
    photos = [
        make_photo(person, caption="In the #fog", tags=["fog"])
        for person in photographers
        for _ in range(PHOTOS)
    ]
    fan = make_resident(settings.SHARDS[0])
    for photo in photos:
        likes.set_liked(photo, viewer.pk, is_liked=True)
        comment = comments.write(photo, viewer.pk, "Lovely")
        comments.write(photo, fan.pk, "Is it not?", parent_id=comment.pk)
    talked_about = photos[PHOTOS // 2]
    for number in range(GUESTS):
        comments.write(talked_about, make_resident(settings.SHARDS[number % 2]).pk, "I agree")
    deliver()
    for title in ("Fog", "More fog"):
        album = albums.create(photographers[0].pk, title=title)
        album_places.add(album, [photo.pk for photo in photos if photo.owner_id == album.owner_id])
    home.page(viewer)  # finds no timeline, and sends for a worker
    home.rebuild(viewer.pk)
    return {
        "home": "/",
        "home, next page": f"/?before={photos[PHOTOS].pid}",
        "profile": photographers[0].get_absolute_url(),
        "photo": talked_about.get_absolute_url(),
        "album": album.get_absolute_url(),
        "albums": f"{photographers[0].get_absolute_url()}albums/",
        "people": "/people/",
        "favourites": "/favourites/",
        "notifications": "/notifications/",
        "explore": "/explore/",
        "tag": "/tags/fog/",
        "search": "/search/?q=fog",
        "upload": "/upload/",
        "tiles": "/tiles/?" + "&".join(f"id={photo.pid}" for photo in photos[:PHOTOS]),
    }


@pytest.fixture
def unliked() -> Photo:
    """A photo that no one has liked."""
    return make_photo(make_resident(settings.SHARDS[-1]))


def counted(ask: Callable[[], Any]) -> dict[str, list[int]]:
    """Return the queries of one request: how many on the directory, how many on each shard that was asked.

    Shards are not named: it is how many and how often that counts. Nor are transactions counted: inside a test they
    are savepoints.
    """
    with contextlib.ExitStack() as stack:
        captured = {
            alias: stack.enter_context(CaptureQueriesContext(connections[alias])) for alias in connections
        }
        assert ask().status_code == 200
    statements = {
        alias: [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        for alias, queries in captured.items()
    }
    counts = {alias: len(sent) for alias, sent in statements.items() if sent}
    directory = [count for alias, count in counts.items() if alias.startswith("default")]
    shards = sorted(
        (count for alias, count in counts.items() if not alias.startswith("default")), reverse=True
    )
    return {"directory": directory, "shards": shards}


def test_pages_ask_no_more_than_they_did(pages: dict[str, str], unliked: Photo, viewer: User) -> None:
    member, stranger = Client(), Client()
    member.force_login(viewer)
    visits = {name: partial(member.get, address) for name, address in pages.items()}
    visits |= {
        f"{name}, signed out": partial(stranger.get, pages[name])
        for name in ("home", "profile", "photo", "explore")
    }
    counts = {}
    for name, visit in visits.items():
        visit()  # what a process keeps in memory is there afterwards, as on any pod
        counts[name] = counted(visit)
    press = partial(member.post, f"{unliked.get_absolute_url()}like/", headers={"HX-Request": "true"})
    for name, liked in {"like": "1", "like, taken back": "0", "like, again": "1"}.items():
        counts[name] = counted(partial(press, {"liked": liked}))
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        BASELINE.write_text(json.dumps(counts, indent=2) + "\n")
    assert counts == json.loads(BASELINE.read_text())
