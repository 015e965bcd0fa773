"""The admin finds a photo by its id, wherever it lives."""

import html
import re

import pytest
from django.test import Client

from accounts.models import User
from photos.admin import PhotoAdmin
from photos.models import Photo, State
from sharding.gather import multiplex
from sharding.gather.scatter import Gathered
from tests.cast import make_neighbour, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def admin() -> Client:
    User.objects.create_superuser("root", "root@example.com", "secret")
    client = Client()
    assert client.login(username="root", password="secret")
    return client


@pytest.fixture
def photos(alice: User) -> list[Photo]:
    """A photo on each shard."""
    return [make_photo(owner) for owner in (alice, make_neighbour(alice))]


def listed(client: Client, query: str, photos: list[Photo]) -> list[bool]:
    page = client.get(f"/admin/photos/photo/?{query}")
    assert page.status_code == 200
    return [f">{photo.pid}</a>" in page.content.decode() for photo in photos]


def test_a_photo_is_found_by_id_on_any_shard(admin: Client, photos: list[Photo]) -> None:
    assert listed(admin, f"q={photos[0].pk}", photos) == [True, False]
    assert listed(admin, f"q={photos[1].pid}", photos) == [False, True]


def test_a_persons_photos_are_found_by_name(admin: Client, photos: list[Photo]) -> None:
    assert listed(admin, "q=@Alice", photos) == [True, False]
    assert listed(admin, "q=@nobody", photos) == [False, False]


def test_the_list_shows_one_shard_at_a_time(admin: Client, photos: list[Photo]) -> None:
    for photo in photos:
        expected = [photo is other for other in photos]
        assert listed(admin, f"shard={photo._state.db}", photos) == expected


def test_a_part_of_a_file_name_searches_the_shard_that_is_shown(admin: Client, photos: list[Photo]) -> None:
    assert listed(admin, f"shard={photos[1]._state.db}&q={photos[1].filename}", photos) == [False, True]


def test_without_a_shard_the_list_is_of_all_newest_first(admin: Client, photos: list[Photo]) -> None:
    page = admin.get("/admin/photos/photo/").content.decode()
    assert 0 < page.index(photos[1].pid) < page.index(photos[0].pid)


def test_the_list_of_all_goes_on_by_a_cursor(
    admin: Client, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PhotoAdmin, "list_per_page", 1)
    page = admin.get("/admin/photos/photo/?visibility__exact=public").content.decode()
    address = re.search(r'href="([^"]*before=[^"]*)">Older photos', page)
    assert address is not None
    assert "visibility__exact=public" in address[1]
    assert listed(admin, html.unescape(address[1])[1:], photos) == [True, False]
    assert listed(admin, "before=nonsense!", photos) == [False, True]


def test_filters_and_file_names_work_over_all_shards(admin: Client, photos: list[Photo]) -> None:
    assert listed(admin, "visibility__exact=private", photos) == [False, False]
    for photo in photos:
        assert listed(admin, f"q={photo.filename}", photos) == [photo is other for other in photos]


def test_a_shard_that_is_away_is_named(
    admin: Client, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gathered(*args: object, **options: object) -> Gathered[list[Photo]]:
        return Gathered({"shard0": []}, {"shard1": "connection refused"})

    monkeypatch.setattr(multiplex, "gather", gathered)
    page = admin.get("/admin/photos/photo/").content.decode()
    assert "This list lacks shard1: connection refused" in page


def test_a_caption_is_saved_on_the_photos_shard(admin: Client, photos: list[Photo]) -> None:
    for photo in photos:
        address = f"/admin/photos/photo/{photo.pk}/change/"
        page = admin.get(address)
        assert photo.sha256 in page.content.decode()
        form = {"caption": "The #sea"} | {
            f"{name}-{count}_FORMS": "0" for name in ("tries", "renditions") for count in ("TOTAL", "INITIAL")
        }
        assert admin.post(address, form).status_code == 302
        photo.refresh_from_db()
        assert (photo.caption, photo.tags) == ("The #sea", ["sea"])


def test_a_photo_that_does_not_exist_is_a_404(admin: Client, photos: list[Photo]) -> None:
    assert admin.get("/admin/photos/photo/abc/change/").status_code == 404
    assert admin.get(f"/admin/photos/photo/{photos[0].pk + 1}/change/").status_code in {302, 404}


def test_failed_photos_can_be_rendered_again(admin: Client, photos: list[Photo]) -> None:
    photo = photos[0]
    Photo.objects.locate(photo.pk).update(state=State.FAILED, stage="", failure="No.", attempts=8)
    form = {"action": "render_again", "_selected_action": [str(photo.pk)]}
    response = admin.post(f"/admin/photos/photo/?shard={photo._state.db}", form)
    assert response.status_code == 302
    photo.refresh_from_db()
    assert (photo.state, photo.stage, photo.failure) == (State.RECEIVED, "", "")


def test_the_admin_is_for_staff(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/photos/photo/").status_code == 302
