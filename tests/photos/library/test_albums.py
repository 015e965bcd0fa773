"""Albums: their photos, the order of these, and what each visitor sees."""

import re
from functools import partial

import pytest
from django.test import Client

from accounts.models import User
from accounts.relations.relationship import Relationship
from photos.library import album_contents, album_places, albums, bulk, deletion
from photos.models import Album, AlbumPhoto, Photo
from photos.views import albums as pages_of_albums
from tests.cast import make_photo, signed_in
from tests.photos.social.test_concurrency import together

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photos(alice: User) -> list[Photo]:
    return [make_photo(alice) for _ in range(5)]


@pytest.fixture
def album(alice: User, photos: list[Photo]) -> Album:
    """Create an album of all five photos."""
    album = albums.create(alice.pk, title="Norway")
    album_places.add(album, [photo.pk for photo in photos])
    return album


@pytest.fixture
def cast(alice: User, bob: User, carol: User) -> dict[str, User]:
    return {"alice": alice, "bob": bob, "carol": carol}


def cover_of(album: Album) -> int | None:
    album.refresh_from_db()
    return album.cover_id


def order_of(album: Album, photos: list[Photo]) -> str:
    """Return the album's order as digits, each the index of a photo in `photos`."""
    numbers = {photo.pk: str(number) for number, photo in enumerate(photos)}
    return "".join(
        numbers[photo_id]
        for photo_id in album_places.places(album).order_by("position").values_list("photo_id", flat=True)
    )


def test_photos_come_in_the_order_they_are_added_and_once_each(album: Album, photos: list[Photo]) -> None:
    assert order_of(album, photos) == "01234"
    assert album_places.add(album, [photos[0].pk]) == []
    assert order_of(album, photos) == "01234"


def test_only_ones_own_photos_come_in(album: Album, carol: User) -> None:
    assert album_places.add(album, [make_photo(carol).pk]) == []


def test_a_move_writes_one_row(album: Album, photos: list[Photo]) -> None:
    before = dict(album_places.places(album).values_list("photo_id", "position"))
    assert album_places.move(album, photos[4].pk, before=photos[1].pk)
    assert order_of(album, photos) == "04123"
    after = dict(album_places.places(album).values_list("photo_id", "position"))
    assert [photo_id for photo_id in after if after[photo_id] != before[photo_id]] == [photos[4].pk]


def test_each_way_of_moving(album: Album, photos: list[Photo]) -> None:
    assert album_places.move(album, photos[0].pk, before=None)
    assert order_of(album, photos) == "12340"
    assert album_places.move_after(album, photos[0].pk, photos[1].pk)
    assert order_of(album, photos) == "10234"
    assert album_places.step(album, photos[0].pk, is_later=True)
    assert order_of(album, photos) == "12034"
    assert album_places.step(album, photos[0].pk, is_later=False)
    assert order_of(album, photos) == "10234"
    assert album_places.step(album, photos[3].pk, is_later=True)
    assert order_of(album, photos) == "10243"


def test_at_the_ends_there_is_nowhere_to_go(album: Album, photos: list[Photo], carol: User) -> None:
    assert not album_places.step(album, photos[0].pk, is_later=False)
    assert not album_places.step(album, photos[4].pk, is_later=True)
    assert not album_places.move(album, make_photo(carol).pk, before=photos[0].pk)
    assert not album_places.move(album, photos[0].pk, before=photos[0].pk)
    assert order_of(album, photos) == "01234"


def test_a_full_gap_is_renumbered(album: Album, photos: list[Photo], monkeypatch: pytest.MonkeyPatch) -> None:
    for number, place in enumerate(album_places.places(album).order_by("position"), 1):
        AlbumPhoto.objects.locate(place.pk).update(position=number)
    assert album_places.move(album, photos[4].pk, before=photos[0].pk)
    assert order_of(album, photos) == "40123"
    assert album_places.places(album).filter(position__lt=AlbumPhoto.STEP // 4).count() == 0


def test_removed_photos_are_put_back_at_their_old_places(album: Album, photos: list[Photo]) -> None:
    removed = album_places.remove(album, [photos[1].pk, photos[3].pk])
    assert order_of(album, photos) == "024"
    assert set(album_places.put_back(album, removed)) == {photos[1].pk, photos[3].pk}
    assert order_of(album, photos) == "01234"


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_two_devices_that_move_photos_at_once_leave_one_order(album: Album, photos: list[Photo]) -> None:
    moves = [partial(album_places.move, album, photo.pk, before=photos[0].pk) for photo in photos[1:]]
    moves += [partial(album_places.step, album, photo.pk, is_later=True) for photo in photos]
    together(*moves)
    assert sorted(order_of(album, photos)) == list("01234")


def test_a_full_album_says_so(album: Album, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album_places, "MAX_PHOTOS", 5)
    with pytest.raises(albums.Refused, match="up to 5"):
        album_places.add(album, [make_photo(alice).pk])


def test_a_photo_that_is_removed_leaves_its_albums(album: Album, photos: list[Photo]) -> None:
    album_places.set_cover(album, photos[2].pk)
    deletion.delete_photo(photos[2])
    assert order_of(album, photos) == "0134"
    assert cover_of(album) is None


def test_a_removed_photo_is_no_longer_the_cover(album: Album, alice: User, photos: list[Photo]) -> None:
    album_places.set_cover(album, photos[3].pk)
    album_places.remove(album, [photos[1].pk])
    assert cover_of(album) == photos[3].pk
    act = bulk.remove_from_album(album, [photos[3].pk])
    assert cover_of(album) is None
    assert bulk.undo(alice.pk, act.pk)
    assert cover_of(album) == photos[3].pk


def test_line_ends_of_a_description_are_normalised(alice: User) -> None:
    album = albums.create(alice.pk, title="Norway", description="\r\n".join(["x"] * 500))
    assert album.description == "\n".join(["x"] * 500)


@pytest.mark.parametrize(
    ("level", "who", "status"),
    [
        ("public", "stranger", 200),
        ("followers", "stranger", 404),
        ("followers", "carol", 404),
        ("followers", "bob", 200),
        ("private", "bob", 404),
        ("private", "alice", 200),
    ],
)
def test_a_level_says_who_opens_an_album(
    level: str, who: str, status: int, album: Album, cast: dict[str, User]
) -> None:
    albums.change(album, title="Norway", description="", visibility=level)
    client = signed_in(cast[who]) if who in cast else Client()
    assert client.get(album.get_absolute_url()).status_code == status
    assert (album.pid in client.get("/@alice/albums/").content.decode()) is (status == 200)
    photo = Photo.objects.of(album.owner_id).earliest("pk")
    assert (album.pid in client.get(photo.get_absolute_url()).content.decode()) is (status == 200)


def test_an_album_shows_a_visitor_only_photos_that_they_may_see_elsewhere(
    album: Album, photos: list[Photo], alice: User, bob: User
) -> None:
    Photo.objects.locate(photos[0].pk).update(visibility="private")
    Photo.objects.locate(photos[1].pk).update(visibility="followers")
    visible = {
        name: [photo.pid in client.get(album.get_absolute_url()).content.decode() for photo in photos]
        for name, client in (("alice", signed_in(alice)), ("bob", signed_in(bob)), ("stranger", Client()))
    }
    assert visible == {
        "alice": [True] * 5,
        "bob": [False, True, True, True, True],
        "stranger": [False, False, True, True, True],
    }
    page = Client().get("/@alice/albums/").content.decode()
    assert "3 photos" in page
    assert photos[2].stamp in page, "the first photo that the visitor may see is the cover"


def test_an_album_is_read_page_by_page(
    album: Album, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    visible = Photo.objects.reachable_by(Relationship.STRANGER, album.owner_id)
    first, last = album_contents.page(album, visible, limit=2)
    second, last = album_contents.page(album, visible, after=last, limit=2)
    third, end = album_contents.page(album, visible, after=last, limit=2)
    assert ([*first, *second, *third], end) == (photos, None)


def test_the_way_to_the_next_photos_has_its_path_and_keeps_a_guise(
    album: Album, photos: list[Photo], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the lightbox is open another address stands in the bar."""
    monkeypatch.setattr(pages_of_albums, "PAGE", 2)
    client, address = signed_in(alice), f"{album.get_absolute_url()}?as=stranger"
    page = client.get(address).content.decode()
    (further,) = re.findall(r'hx-get="([^"]+)"', page.replace("&amp;", "&").partition("<photo-tiles")[2])
    assert re.fullmatch(rf"{album.get_absolute_url()}\?after=\d+&as=stranger", further)
    fragment = client.get(further, headers={"HX-Request": "true"}).content.decode()
    assert re.findall(r'href="(/p/[^"]+)"', fragment) == [
        f"{photo.get_absolute_url()}?in=album.{album.pid}&amp;as=stranger" for photo in photos[2:4]
    ]


def test_the_owner_makes_fills_and_deletes_an_album_without_a_script(
    alice: User, photos: list[Photo]
) -> None:
    client = signed_in(alice)
    answer = client.post(
        "/albums/", {"title": "  The   sea ", "description": "Blue", "visibility": "private"}
    )
    album = Album.objects.of(alice.pk).get()
    assert (answer["Location"], album.title, album.visibility) == (
        album.get_absolute_url(),
        "The sea",
        "private",
    )
    page = f"/p/{photos[0].pid}/"
    client.post(f"{page}albums/", {"album": [album.pid], "title": "Waves"})
    waves = Album.objects.of(alice.pk).get(title="Waves")
    assert order_of(album, photos) == order_of(waves, photos) == "0"
    client.post(f"{page}albums/", {"album": [waves.pid]})
    assert (order_of(album, photos), order_of(waves, photos)) == ("", "0")
    album_places.add(waves, [photos[1].pk])
    address = waves.get_absolute_url()
    client.post(f"{address}move/", {"photo": photos[0].pid, "to": "later"})
    assert order_of(waves, photos) == "10"
    script = {"HX-Request": "true"}
    dragged = client.post(
        f"{address}move/", {"photo": photos[0].pid, "before": photos[1].pid}, headers=script
    )
    assert (dragged.status_code, order_of(waves, photos)) == (204, "01")
    client.post(f"{address}cover/", {"photo": photos[1].pid})
    assert Album.objects.locate(waves.pk).get().cover_id == photos[1].pk
    client.post(f"{address}remove/", {"photo": photos[0].pid})
    assert order_of(waves, photos) == "1"
    assert client.get(f"{address}arrange/").status_code == 200
    client.post(f"{address}change/", {"title": "", "visibility": "public"})
    assert Album.objects.locate(waves.pk).get().title == "Waves", "without a title nothing is changed"
    client.post(f"{address}delete/")
    assert not Album.objects.locate(waves.pk).exists()
    assert Photo.objects.of(alice.pk).count() == 5


def test_only_its_owner_changes_an_album(album: Album, photos: list[Photo], carol: User) -> None:
    client, address = signed_in(carol), album.get_absolute_url()
    for verb in ("change", "delete", "move", "cover", "remove"):
        form = {"photo": photos[0].pid, "to": "later", "title": "Mine"}
        assert client.post(f"{address}{verb}/", form).status_code == 404
        assert Client().post(f"{address}{verb}/", form).status_code == 302
    assert client.get(f"{address}arrange/").status_code == 404
    assert (order_of(album, photos), Album.objects.locate(album.pk).get().title) == ("01234", "Norway")
