"""Actor by level by surface: who sees a photo where. One rule, so one table."""

from collections.abc import Callable, Set

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from accounts.relations import blocking, follows
from photos.display import cards
from photos.files import relocation
from photos.library import album_places, albums, visibility
from photos.models import Album, Download, Photo, ShareLink, Visibility
from photos.sharing import archives, share_links
from photos.social import comments, likes
from tests.cast import make_photo, make_user
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")

OWNER = "owner"
OUTSIDERS = frozenset(("stranger", "member", "staff"))
FOLLOWERS = frozenset(("follower", "muted follower", "muting follower"))
APART = frozenset(("blocked", "blocking"))
ACTORS = OUTSIDERS | FOLLOWERS | APART | {OWNER}

# Who sees a photo of a level in lists, and who at its address. Actors kept apart by a block are in neither.
LISTED: dict[str, Set[str]] = {
    "public": OUTSIDERS | FOLLOWERS | {OWNER},
    "unlisted": {OWNER},
    "followers": FOLLOWERS | {OWNER},
    "private": {OWNER},
}
REACHED = LISTED | {"unlisted": OUTSIDERS | FOLLOWERS | {OWNER}}
# Frames of other sites know no viewer: they show public photos only, and to every actor.
FRAMED: dict[str, Set[str]] = dict.fromkeys(Visibility.values, frozenset()) | {"public": ACTORS}
EVERYBODY: dict[str, Set[str]] = dict.fromkeys(Visibility.values, frozenset()) | {"public": LISTED["public"]}


def shows(address: str) -> Callable[[Client, Photo], bool]:
    """Return a check that a page shows the photo."""

    def ask(client: Client, photo: Photo) -> bool:
        answer = client.get(address.format(pid=photo.pid))
        return answer.status_code == 200 and photo.pid in answer.content.decode()

    return ask


def shows_album(level: str) -> Callable[[Client, Photo], bool]:
    """Return a check that the page of an album of that level shows the photo."""

    def ask(client: Client, photo: Photo) -> bool:
        album = Album.objects.of(photo.owner_id).get(visibility=level)
        return shows(album.get_absolute_url())(client, photo)

    return ask


def shows_by_link(client: Client, photo: Photo) -> bool:
    """Return whether the page behind a share link shows the photo."""
    link = ShareLink.objects.of(photo.owner_id).get()
    return shows(share_links.url(link).removeprefix(settings.SITE_URL))(client, photo)


def is_in_zip(client: Client, photo: Photo) -> bool:
    """Return whether the archive behind a share link has the photo in it."""
    album = Album.objects.of(photo.owner_id).get(visibility="private")
    link = ShareLink(owner_id=photo.owner_id, album_id=album.pk, download=Download.ORIGINAL)
    packed = archives.for_link(album, link)
    return photo.original_key in {entry.key for entry in packed.entries}


def has_months(client: Client, photo: Photo) -> bool:
    """Return whether the owner's profile has months to choose from."""
    answer = client.get("/@olive/months/")
    return answer.status_code == 200 and bool(answer.context["months"])


def is_told_to_other_sites(client: Client, photo: Photo) -> bool:
    """Return whether oEmbed answers another site how to show the photo."""
    query = {"url": f"{settings.SITE_URL}{photo.get_absolute_url()}"}
    return client.get("/oembed/", query).status_code == 200


def takes(address: str, form: dict[str, str]) -> Callable[[Client, Photo], bool]:
    """Return a check that a form sent to an address is accepted."""

    def ask(client: Client, photo: Photo) -> bool:
        answer = client.post(address.format(pid=photo.pid), form)
        return answer.status_code == 302 and answer["Location"].startswith(photo.get_absolute_url())

    return ask


# Surface: the check, who sees each level there, and which actors never see it.
SURFACES: dict[str, tuple[Callable[[Client, Photo], bool], dict[str, Set[str]], Set[str]]] = {
    "photo page": (shows("/p/{pid}/"), REACHED, frozenset()),
    "profile": (shows("/@olive/"), LISTED, frozenset()),
    "feed": (shows("/"), LISTED, OUTSIDERS | {"muting follower"}),
    "explore": (shows("/explore/"), EVERYBODY, frozenset()),
    "tag": (shows("/tags/fog/"), LISTED, frozenset()),
    "search": (shows("/search/?q=fog"), LISTED, frozenset()),
    "album": (shows_album("public"), LISTED, frozenset()),
    "album by its address": (shows_album("unlisted"), REACHED, frozenset()),
    "private album": (shows_album("private"), LISTED, ACTORS - {OWNER}),
    "albums": (shows("/@olive/albums/"), LISTED, frozenset()),
    "share link": (shows_by_link, dict.fromkeys(Visibility.values, ACTORS), frozenset()),
    "zip": (is_in_zip, dict.fromkeys(Visibility.values, ACTORS), frozenset()),
    "months": (has_months, LISTED, frozenset()),
    "frame": (shows("/p/{pid}/embed/"), FRAMED, frozenset()),
    "oembed": (is_told_to_other_sites, FRAMED, frozenset()),
    "tiles": (shows("/tiles/?id={pid}"), LISTED, ACTORS - {OWNER}),
    "favourites": (shows("/favourites/"), REACHED, frozenset(("stranger",))),
    "notifications": (shows("/notifications/"), REACHED, frozenset(("stranger", "muting follower"))),
    "earlier comments": (
        lambda client, photo: client.get(f"/p/{photo.pid}/comments/?before=9").status_code == 302,
        REACHED,
        frozenset(),
    ),
    "liking": (takes("/p/{pid}/like/", {"liked": "1"}), REACHED, frozenset(("stranger",))),
    "commenting": (takes("/p/{pid}/comment/", {"body": "Hm"}), REACHED, frozenset(("stranger",))),
    "changing": (takes("/p/{pid}/caption/", {"caption": "#fog"}), LISTED, ACTORS - {OWNER}),
}


@pytest.fixture
def people() -> dict[str, User]:
    """All actors but the stranger, who has no account."""
    users = {
        actor: make_user(actor.replace(" ", "_")) for actor in sorted(ACTORS - {OWNER, "stranger", "staff"})
    }
    staff = User.objects.create_superuser("staff", "staff@example.com", "secret")
    return users | {OWNER: make_user("olive"), "staff": staff}


@pytest.fixture
def photo(people: dict[str, User]) -> Photo:
    """A photo that all actors liked and were notified of while it was public, before the blocks and mutes began."""
    olive = people[OWNER]
    photo = make_photo(olive, caption="#fog", tags=["fog"])
    for level in ("public", "unlisted", "private"):
        album_places.add(albums.create(olive.pk, title=level, visibility=level), [photo.pk])
    share_links.create(photo, share_links.Terms())
    for actor in FOLLOWERS | APART:
        follows.follow(people[actor], olive)
    for person in people.values():
        likes.set_liked(photo, person.pk, is_liked=True)
        comments.write(photo, olive.pk, f"Look, @{person.username}")
    blocking.begin(olive, people["blocked"], "block")
    blocking.begin(people["blocking"], olive, "block")
    blocking.begin(olive, people["muted follower"], "mute")
    blocking.begin(people["muting follower"], olive, "mute")
    deliver()
    return photo


@pytest.mark.parametrize("level", Visibility.values)
def test_a_photo_is_come_across_by_whom_its_level_names(
    level: str, people: dict[str, User], photo: Photo
) -> None:
    visibility.change(photo, level)
    clients = {actor: Client() for actor in ACTORS}
    for actor, person in people.items():
        clients[actor].force_login(person)
    seen = {
        (actor, surface): ask(clients[actor], photo)
        for surface, (ask, _, _) in SURFACES.items()
        for actor in ACTORS
    }
    assert seen == {
        (actor, surface): actor in meant[level] - never
        for surface, (_, meant, never) in SURFACES.items()
        for actor in ACTORS
    }


@pytest.mark.parametrize("level", Visibility.values)
def test_only_public_photos_have_addresses_that_need_no_signature(
    level: str, people: dict[str, User]
) -> None:
    src = cards.tile(make_photo(people[OWNER], visibility=level)).src
    assert ("/pub/" in src) is (level == "public")
    assert ("&s=" in src) is (level != "public")


def test_a_blocked_person_finds_no_albums_page_either(people: dict[str, User], photo: Photo) -> None:
    for actor, status in (("blocked", 404), ("member", 200)):
        client = Client()
        client.force_login(people[actor])
        assert client.get("/@olive/albums/").status_code == status


@pytest.mark.parametrize("other_view", ["stranger", "follower"])
@pytest.mark.parametrize("level", Visibility.values)
def test_an_owner_sees_as_others_do(level: str, other_view: str, people: dict[str, User]) -> None:
    photo = make_photo(people[OWNER], visibility=level)
    client, other = Client(), Client()
    client.force_login(people[OWNER])
    page = client.get(f"{photo.get_absolute_url()}?as={other_view}").content.decode()
    assert ("They cannot see this photo" in page) is (other_view not in REACHED[level])
    assert "Back to your view" in page
    assert "Delete it" not in page
    profile = client.get(f"/@olive/?as={other_view}").content.decode()
    assert (f'href="/p/{photo.pid}/?as={other_view}"' in profile) is (other_view in LISTED[level])
    other.force_login(people["member"])
    for address in (photo.get_absolute_url(), "/@olive/"):
        plain, with_parameter = other.get(address), other.get(f"{address}?as=follower")
        assert (plain.status_code, "Preview" in with_parameter.content.decode()) == (
            with_parameter.status_code,
            False,
        )


@pytest.mark.parametrize("other_view", ["stranger", "follower"])
@pytest.mark.parametrize("level", Visibility.values)
def test_an_owner_sees_albums_as_others_do(level: str, other_view: str, people: dict[str, User]) -> None:
    owner = people[OWNER]
    photo, hidden = make_photo(owner), make_photo(owner, visibility="private")
    album = albums.create(owner.pk, title="Boats", visibility=level)
    album_places.add(album, [photo.pk, hidden.pk])
    client, other = Client(), Client()
    client.force_login(owner)
    address = album.get_absolute_url()
    page = client.get(f"{address}?as={other_view}").content.decode()
    assert ("They cannot see this album" in page) is (other_view not in REACHED[level])
    in_album = f"/p/{photo.pid}/?in=album.{album.pid}&amp;as={other_view}"
    assert (f'href="{in_album}"' in page) is (other_view in REACHED[level])
    assert hidden.pid not in page
    assert "Back to your view" in page
    assert "Delete the album" not in page
    shelf = client.get(f"/@olive/albums/?as={other_view}").content.decode()
    assert (f'href="{address}?as={other_view}"' in shelf) is (other_view in LISTED[level])
    assert "New album" not in shelf
    assert hidden.pid in client.get(address).content.decode()
    other.force_login(people["member"])
    plain, with_parameter = other.get(address), other.get(f"{address}?as=follower")
    assert (plain.status_code, "Preview" in with_parameter.content.decode()) == (
        with_parameter.status_code,
        False,
    )


def test_a_photo_between_two_shelves_is_shown_to_those_who_may_see_it(people: dict[str, User]) -> None:
    photo = make_photo(people[OWNER])
    visibility.change(photo, "private")
    assert relocation.assigned_shelf(photo) != relocation.shown_shelf(photo)
    client = Client()
    assert photo.pid not in client.get("/explore/").content.decode(), "lists follow at once"
    client.force_login(people[OWNER])
    assert f"/pub/{photo.pid}/{photo.stamp}/" in client.get(photo.get_absolute_url()).content.decode()
