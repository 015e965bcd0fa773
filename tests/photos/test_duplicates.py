"""Photos that look alike are shown to their owner, and put away only as they choose."""

import pytest

from accounts.models import User
from photos import duplicates, trash
from photos.models import Photo
from tests.cast import make_photo
from tests.flows.test_social import of
from tests.photos.test_alike import RANDOM, far_apart, flipped

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def copies(alice: User) -> list[Photo]:
    """Three photos of one thing, the second of which is the largest; another photo."""
    value = RANDOM.getrandbits(60)
    make_photo(alice, perceptual_hash=~value)
    make_photo(alice)
    sizes = [(600, 400), (3000, 2000), (1200, 800)]
    return [
        make_photo(alice, perceptual_hash=flipped(value, {n}), width=width, height=height)
        for n, (width, height) in enumerate(sizes)
    ]


def test_the_page_shows_what_looks_alike_and_ticks_the_largest(alice: User, copies: list[Photo]) -> None:
    page = duplicates.page(alice.pk)
    (group,) = page.groups
    assert group.photos == copies[::-1]
    assert group.best == copies[1]
    html = of(alice).get("/duplicates/").content.decode()
    assert f'name="keep" value="{copies[1].pid}" checked' in html
    assert html.count(" checked") == 1


def test_the_others_go_into_the_trash_and_come_back(alice: User, copies: list[Photo]) -> None:
    client = of(alice)
    form = {"photo": [photo.pid for photo in copies], "keep": [copies[1].pid]}
    page = client.post("/duplicates/", form, follow=True).content.decode()
    assert {photo.pk for photo in trash.of(alice.pk)} == {copies[0].pk, copies[2].pk}
    assert "2 photos moved to the trash" in page
    assert "No two look alike" in page
    undo = page.split('action="')[1].split('"')[0]
    assert client.post(undo, {"back": "duplicates"})["Location"] == "/duplicates/"
    assert not trash.of(alice.pk).exists()


def test_nothing_goes_when_nothing_or_everything_is_ticked(alice: User, copies: list[Photo]) -> None:
    client = of(alice)
    everything = [photo.pid for photo in copies]
    none = client.post("/duplicates/", {"photo": everything}, follow=True)
    assert "Tick at least one photo that stays." in none.content.decode()
    stranger = make_photo(alice)
    other = client.post("/duplicates/", {"photo": everything, "keep": [stranger.pid]}, follow=True)
    assert "Tick at least one photo that stays." in other.content.decode()
    every = client.post("/duplicates/", {"photo": everything, "keep": everything}, follow=True)
    assert "All of them stay" in every.content.decode()
    assert not trash.of(alice.pk).exists()


def test_nobody_puts_away_what_is_anothers(carol: User, copies: list[Photo]) -> None:
    mine = make_photo(carol)
    form = {"photo": [mine.pid, *(photo.pid for photo in copies)], "keep": [mine.pid]}
    assert of(carol).post("/duplicates/", form).status_code == 302
    assert not trash.of(copies[0].owner_id).exists()
    assert duplicates.find(carol.pk) == []


def test_groups_come_page_by_page(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "GROUPS", 2)
    for value in far_apart(5):
        for _ in range(2):
            make_photo(alice, perceptual_hash=value)
    seen = []
    before = None
    while True:
        page = duplicates.page(alice.pk, before=before)
        seen += [photo.pk for group in page.groups for photo in group.photos]
        assert page.total == 5
        before = page.next_cursor
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 10
