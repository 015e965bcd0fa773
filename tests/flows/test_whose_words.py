"""Every page of one person's things, as every actor: what only the owner may read or press is on no page of others."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern

from accounts.models import User
from accounts.relations import blocking, follows
from photos import urls
from photos.feed import home
from photos.library import album_places, albums
from photos.models import Photo, State, Visibility
from photos.sharing import share_links
from photos.social import comments, likes
from tests.cast import make_photo, make_user
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

OWNER, GUEST, MODERATOR = "owner", "guest", "moderator"
ACTORS = (OWNER, "follower", "member", "stranger", GUEST, "blocked", MODERATOR)
# Pages about the reader's own things, where the reader is the owner, and answers that are no pages.
ABOUT_THE_READER = {
    *(
        "upload",
        "tiles",
        "settings",
        "photo-settings",
        "notification-settings",
        "digest-stop",
        "erase",
        "erased",
    ),
    *("own-profile", "albums", "organise", "organise-undo", "duplicates", "memories", "trash", "share"),
    *(
        "upload-formats",
        "upload-begin",
        "upload-finish",
        "upload-parts",
        "upload-cancel",
        "share-revoke",
        "oembed",
    ),
}
QUERIES = {"search": "?q=fog", "explore": "?sort=popular"}
PHOTO_TOOLS = ("photo-caption", "photo-visibility", "photo-albums", "photo-edit", "photo-delete")
ALBUM_TOOLS = ("album-change", "album-delete", "album-arrange", "album-bundle")
LEVELS = "|".join(str(level.label) for level in Visibility if level != Visibility.PUBLIC)
BADGE = re.compile(rf"[>·]\s*(?:{LEVELS})\s*<")
PLACE = "48.8566° N"


class Things:
    """What Olive has: photos of every level in an album, a failed one, a link to the album."""

    def __init__(self) -> None:
        self.olive = make_user("olive", name="Olive Oyl")
        self.photos = [self._photo(visibility=level) for level in Visibility.values]
        self._photo(state=State.FAILED, stage="", failure="It is broken.", failure_code="broken")
        self.album = albums.create(self.olive.pk, title="Boats", visibility="unlisted")
        album_places.add(self.album, [photo.pk for photo in self.photos])
        self.link = share_links.url(share_links.create(self.album, share_links.Terms()))
        self.token = self.link.removeprefix(f"{settings.SITE_URL}/s/").strip("/")

    def _photo(self, **fields: object) -> Photo:
        number = Photo.objects.of(self.olive.pk).count()
        where = {"location": "exact", "latitude": 48.8566, "longitude": 2.3522}
        return make_photo(self.olive, filename=f"olive-{number}.jpg", tags=["fog"], **where, **fields)

    def addresses(self, *, of_guests: bool) -> Iterator[str]:
        """Yield every address of the product, filled in with these things; once for each photo that it may be about."""
        for route in urls.urlpatterns:
            if route.name in ABOUT_THE_READER or str(route.pattern).startswith("s/") is not of_guests:
                continue
            yield from dict.fromkeys(self._filled_in(route, photo) for photo in self.photos)

    def _filled_in(self, route: URLPattern, photo: Photo) -> str:
        about = self.album if str(route.pattern).startswith("a/") else photo
        values = {"pid": about.pid, "username": "olive", "tag": "fog", "token": self.token, "comment_id": 1}
        wanted = {name: values[name] for name in route.pattern.converters}
        return reverse(str(route.name), kwargs=wanted) + QUERIES.get(str(route.name), "")

    def owners_words(self, html: str) -> list[str]:
        """Return what a page says or offers to the owner of these things."""
        controls = [reverse(name, args=[photo.pid]) for name in PHOTO_TOOLS for photo in self.photos]
        controls += [reverse(name, args=[self.album.pid]) for name in ALBUM_TOOLS]
        controls += [
            f'"/organise/?album={self.album.pid}',
            f'"/share/?album={self.album.pid}',
            '"/share/?photo=',
        ]
        words = ["It is broken.", *controls]
        return (
            BADGE.findall(html)
            + re.findall(r"olive-\d\.jpg", html)
            + [each for each in words if each in html]
        )


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
def people(things: Things) -> dict[str, User]:
    """All actors who have accounts; they liked and were mentioned before the block began."""
    names = [actor for actor in ACTORS if actor not in {OWNER, "stranger", GUEST}]
    people = {
        name: make_user(name, is_staff=name == MODERATOR, is_superuser=name == MODERATOR) for name in names
    }
    for name in ("follower", "blocked"):
        follows.follow(people[name], things.olive)
    for person in people.values():
        for photo in things.photos:
            likes.set_liked(photo, person.pk, is_liked=True)
            comments.write(photo, things.olive.pk, f"Look, @{person.username}")
    blocking.begin(things.olive, people["blocked"], "block")
    deliver()
    for person in people.values():
        home.rebuild(person.pk)
    return people | {OWNER: things.olive}


def browser_of(actor: str, people: dict[str, User]) -> Client:
    client = Client()
    if actor in people:
        client.force_login(people[actor])
    return client


@pytest.mark.parametrize("actor", ACTORS)
def test_no_page_says_to_others_what_is_for_its_owner(
    actor: str, things: Things, people: dict[str, User]
) -> None:
    client, shown = browser_of(actor, people), 0
    said: dict[str, list[str]] = {}
    for address in things.addresses(of_guests=actor == GUEST):
        answer = client.get(address)
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            shown += 1
            if words := things.owners_words(answer.content.decode()):
                said[address] = words
    assert shown > (4 if actor == GUEST else 6)
    if actor == OWNER:
        assert len(said) > 6, "the words looked for are those of the pages"
    else:
        assert said == {}


def test_a_guest_of_a_link_reads_no_place(things: Things) -> None:
    for address in things.addresses(of_guests=True):
        assert PLACE not in Client().get(address).content.decode(), address


@pytest.mark.parametrize("level", ["follower", "stranger"])
def test_a_preview_has_no_badges(level: str, things: Things, people: dict[str, User]) -> None:
    client = browser_of(OWNER, people)
    for address in ("/@olive/", things.album.get_absolute_url()):
        assert not BADGE.findall(client.get(f"{address}?as={level}").content.decode())
