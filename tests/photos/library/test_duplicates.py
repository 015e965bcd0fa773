"""Look-alikes: groups of similar photos, shown to their owner and trashed only as the owner chooses."""

import pytest
from django.test import Client

from accounts.models import User
from photos.library import duplicates, trash
from photos.models import Photo, ToldApart
from tests.cast import make_photo, signed_in
from tests.imaging.test_similarity import RANDOM, far_apart, flipped

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def copies(alice: User) -> list[Photo]:
    """Create three look-alikes, the second of which is the largest, and two other photos; return the look-alikes."""
    value = RANDOM.getrandbits(60)
    make_photo(alice, perceptual_hash=~value)
    make_photo(alice)
    sizes = [(600, 400), (3000, 2000), (1200, 800)]
    return [
        make_photo(alice, perceptual_hash=flipped(value, {n}), width=width, height=height)
        for n, (width, height) in enumerate(sizes)
    ]


def test_the_page_shows_look_alikes_and_ticks_the_largest(alice: User, copies: list[Photo]) -> None:
    page = duplicates.page(alice.pk)
    (group,) = page.groups
    assert group.photos == copies[::-1]
    assert group.best == copies[1]
    html = signed_in(alice).get("/duplicates/").content.decode()
    assert f'name="keep" value="{copies[1].pid}" checked' in html
    assert html.count(" checked") == 1


def test_the_others_go_into_the_trash_and_come_back(alice: User, copies: list[Photo]) -> None:
    client = signed_in(alice)
    form = {"photo": [photo.pid for photo in copies], "keep": [copies[1].pid]}
    page = client.post("/duplicates/", form, follow=True).content.decode()
    assert {photo.pk for photo in trash.photos_for(alice.pk)} == {copies[0].pk, copies[2].pk}
    assert "2 photos moved to the trash" in page
    assert "No similar photos" in page
    undo = page.split('action="')[1].split('"')[0]
    assert client.post(undo, {"back": "duplicates"})["Location"] == "/duplicates/"
    assert not trash.photos_for(alice.pk).exists()


def test_nothing_is_trashed_when_no_photo_or_every_photo_is_ticked(alice: User, copies: list[Photo]) -> None:
    client = signed_in(alice)
    everything = [photo.pid for photo in copies]
    none = client.post("/duplicates/", {"photo": everything}, follow=True)
    assert "Tick at least one photo to keep." in none.content.decode()
    stranger = make_photo(alice)
    other = client.post("/duplicates/", {"photo": everything, "keep": [stranger.pid]}, follow=True)
    assert "Tick at least one photo to keep." in other.content.decode()
    every = client.post("/duplicates/", {"photo": everything, "keep": everything}, follow=True)
    assert "All of them were kept" in every.content.decode()
    assert not trash.photos_for(alice.pk).exists()


def test_photos_of_other_owners_are_not_trashed(carol: User, copies: list[Photo]) -> None:
    own = make_photo(carol)
    form = {"photo": [own.pid, *(photo.pid for photo in copies)], "keep": [own.pid]}
    assert signed_in(carol).post("/duplicates/", form).status_code == 302
    assert not trash.photos_for(copies[0].owner_id).exists()
    assert duplicates.find_groups(carol.pk, {}) == []


def test_groups_are_paged(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "GROUPS", 2)
    for value in far_apart(5):
        for _ in range(2):
            make_photo(alice, perceptual_hash=value)
    photo_ids = []
    before = None
    while True:
        page = duplicates.page(alice.pk, before=before)
        photo_ids += [photo.pk for group in page.groups for photo in group.photos]
        assert page.total == 5
        before = page.next_cursor
        if before is None:
            break
    assert photo_ids == sorted(photo_ids, reverse=True)
    assert len(photo_ids) == 10


def tell_apart(client: Client, photos: list[Photo]) -> str:
    """Tell photos apart by the form; return the page that follows."""
    form = {"photo": [photo.pid for photo in photos], "act": "apart"}
    return client.post("/duplicates/", form, follow=True).content.decode()


def test_photos_told_apart_stay_and_are_not_shown_again(alice: User, copies: list[Photo]) -> None:
    client = signed_in(alice)
    page = tell_apart(client, copies)
    assert "3 photos kept as different" in page
    assert "No similar photos" in page
    assert not trash.photos_for(alice.pk).exists()
    assert duplicates.page(alice.pk).total == 0
    undo = page.split('action="')[1].split('"')[0]
    client.post(undo, {"back": "duplicates"})
    assert duplicates.page(alice.pk).total == 1


def test_a_new_photo_is_shown_with_those_it_looks_like(alice: User, copies: list[Photo]) -> None:
    client = signed_in(alice)
    tell_apart(client, copies)
    new = make_photo(alice, perceptual_hash=copies[0].perceptual_hash)
    (group,) = duplicates.page(alice.pk).groups
    assert group.photos == [new, *copies[::-1]]
    tell_apart(client, group.photos)
    assert duplicates.page(alice.pk).groups == []


def test_of_two_told_apart_the_third_still_looks_like_both(alice: User, copies: list[Photo]) -> None:
    tell_apart(signed_in(alice), copies[:2])
    (group,) = duplicates.page(alice.pk).groups
    assert group.photos == copies[::-1]


def test_a_large_group_is_told_apart_piece_by_piece(
    alice: User, copies: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "SHOWN_OF_GROUP", 2)
    client, pages = signed_in(alice), []
    while groups := duplicates.page(alice.pk).groups:
        pages.append([photo.pk for photo in groups[0].photos])
        tell_apart(client, groups[0].photos)
    first, second, third = (photo.pk for photo in copies)
    assert pages == [[third, second], [third, first], [second, first]]


def test_photos_of_other_owners_cannot_be_told_apart(carol: User, copies: list[Photo]) -> None:
    page = tell_apart(signed_in(carol), [make_photo(carol), *copies])
    assert "These photos no longer exist." in page
    assert not ToldApart.objects.of(carol.pk).exists()
    assert duplicates.page(copies[0].owner_id).total == 1
