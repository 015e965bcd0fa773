"""Who sees a photo of which visibility: one rule, applied by every page."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.relations.relationship import Relationship
from photos.display import cards
from photos.display.descriptions import Reader
from photos.models import Photo, State
from tests.cast import NOTHING_YET, make_photo, signed_in

pytestmark = pytest.mark.django_db(databases="__all__")

ACTORS = ("stranger", "carol", "bob", "alice")

# Who sees a photo of alice in lists, and who may open it by URL; bob follows her.
LISTED = {
    "public": set(ACTORS),
    "unlisted": {"alice"},
    "followers": {"bob", "alice"},
    "private": {"alice"},
}
REACHABLE = LISTED | {"unlisted": set(ACTORS)}


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("level", LISTED)
def test_each_level_is_seen_on_every_page_by_its_audience_alone(
    level: str, actor: str, alice: User, bob: User, carol: User
) -> None:
    photo = make_photo(alice, visibility=level)
    client = Client()
    if actor != "stranger":
        client.force_login({"alice": alice, "bob": bob, "carol": carol}[actor])
    page = client.get(photo.get_absolute_url())
    assert page.status_code == (200 if actor in REACHABLE[level] else 404)
    is_listed = actor in LISTED[level]
    assert (photo.pid in client.get("/@alice/").content.decode()) is is_listed
    if actor in {"alice", "bob"}:
        assert (photo.pid in client.get("/").content.decode()) is is_listed


@pytest.mark.parametrize(
    ("level", "label"), [("public", ""), ("followers", "Followers"), ("private", "Only you")]
)
def test_the_tile_of_a_photo_that_is_not_public_names_its_level(level: str, label: str, alice: User) -> None:
    photo = make_photo(alice, visibility=level)
    client = signed_in(alice)
    assert cards.tile(photo, Reader.OWNER).level == label
    assert cards.tile(photo).level == ""
    badge = f'<span class="level">{label}</span>'
    assert (badge in client.get("/@alice/").content.decode()) is bool(label)
    assert (f"@alice · {label}" in client.get("/").content.decode()) is bool(label)


def test_neighbours_of_a_photo_are_those_of_the_list(alice: User) -> None:
    first, _, last = (make_photo(alice, visibility=level) for level in ("public", "unlisted", "public"))
    page = Client().get(last.get_absolute_url())
    assert page.context["older_url"] == first.get_absolute_url()


def test_only_the_owner_sees_unsettled_and_failed_photos(alice: User) -> None:
    photos = [make_photo(alice, state=state, **NOTHING_YET) for state in (State.RECEIVED, State.PROCESSING)]
    photos.append(make_photo(alice, state=State.FAILED))
    make_photo(alice, state=State.RESERVED, **NOTHING_YET)
    own = Photo.objects.reachable_by(Relationship.OWNER, alice.pk)
    assert set(own) == set(photos), "a reserved photo is not among them"
    assert not Photo.objects.reachable_by(Relationship.FOLLOWER, alice.pk).exists()


def test_tiles_answer_for_ones_own_photos_only(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    client = Client()
    assert client.get(f"/tiles/?id={photo.pid}").status_code == 401
    client.force_login(bob)
    assert photo.pid not in client.get(f"/tiles/?id={photo.pid}").content.decode()
    client.force_login(alice)
    assert photo.pid in client.get(f"/tiles/?id={photo.pid}").content.decode()


def test_a_deactivated_persons_photos_are_gone(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    alice.is_active = False
    alice.save()
    client = signed_in(bob)
    assert client.get("/@alice/").status_code == 404
    assert client.get(photo.get_absolute_url()).status_code == 404
    assert photo.pid not in client.get("/").content.decode()


@pytest.mark.parametrize("pid", ["x", "0", "!!!", "zzzzzzzzzzzzzzzzzzzz", "2"])
def test_an_address_that_is_no_photo_is_a_404(pid: str, alice: User) -> None:
    assert Client().get(f"/p/{pid}/").status_code == 404
