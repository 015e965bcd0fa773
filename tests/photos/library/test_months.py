"""The months of an owner's wall: ranges of ids, looked up without counting photos."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from accounts.relations import relationship
from photos.library import months
from photos.library.months import Month
from photos.models import Photo
from sharding.rows import ids
from tests.cast import make_photo

NOW = datetime(2027, 2, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _february_2027() -> Any:
    with travel(NOW, tick=False):
        yield


def make_photo_of(owner: User, year: int, month: int, day: int = 15, **fields: Any) -> Photo:
    """Create a photo that was uploaded on this day of UTC."""
    at = datetime(year, month, day, tzinfo=UTC)
    bucket = ids.bucket_for_owner(owner.pk)
    return make_photo(owner, id=ids.first_id_at(at) | bucket << ids.BUCKET_SHIFT, created_at=at, **fields)


@pytest.mark.parametrize("text", ["2026-05", "2026-01", "2027-02"])
def test_a_month_is_read_as_it_is_written(text: str) -> None:
    assert str(months.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-5", "2026-13", "2026-00", "2025-12", "2027-03", "²026-05", "2026-05-01"]
)
def test_what_is_no_month_of_ours_is_refused(text: str) -> None:
    with pytest.raises(months.NoMonth):
        months.parse(text)


def test_months_follow_each_other_without_a_gap() -> None:
    assert Month(2026, 12).next == Month(2027, 1)
    assert Month(2026, 12).end_id == Month(2027, 1).first_id


@pytest.mark.django_db(databases="__all__")
def test_a_wall_has_the_months_that_its_visitor_may_see(alice: User, bob: User) -> None:
    make_photo_of(alice, 2026, 3)
    make_photo_of(alice, 2026, 5, visibility="followers")
    make_photo_of(alice, 2026, 12, 31)
    make_photo_of(alice, 2027, 1, 1, visibility="private")

    def months_for(viewer: User | None) -> list[str]:
        visible = Photo.objects.reachable_by(relationship.between(viewer, alice.pk), alice.pk)
        return list(map(str, months.with_photos(visible)))

    assert months_for(None) == ["2026-12", "2026-03"]
    assert months_for(bob) == ["2026-12", "2026-05", "2026-03"]
    assert months_for(alice) == ["2027-01", "2026-12", "2026-05", "2026-03"]


@pytest.mark.django_db(databases="__all__")
def test_a_wall_can_be_opened_at_a_month_and_goes_on_from_there(client: Client, alice: User) -> None:
    late, early = make_photo_of(alice, 2026, 6), make_photo_of(alice, 2026, 4)
    last_of_may = make_photo_of(alice, 2026, 5, 31)
    page = client.get("/@alice/?month=2026-05").content.decode()
    assert late.pid not in page
    assert page.index(last_of_may.pid) < page.index(early.pid)
    assert "May 2026 and before" in page
    assert 'href="/@alice/?month=2026-06"' in client.get("/@alice/months/").content.decode()
    assert client.get("/@alice/?month=1999-01").status_code == 404
    assert timezone.now() == NOW


@pytest.mark.django_db(databases="__all__")
def test_a_preview_goes_on_by_month(client: Client, alice: User) -> None:
    make_photo_of(alice, 2026, 5)
    make_photo_of(alice, 2026, 6, visibility="private")
    client.force_login(alice)
    wall = client.get("/@alice/?as=stranger&month=2026-05").content.decode()
    assert 'href="/@alice/months/?as=stranger"' in wall
    assert 'href="/@alice/?as=stranger"' in wall, "the newest"
    page = client.get("/@alice/months/?as=stranger").content.decode()
    assert "a visitor" in page
    assert 'href="/@alice/?month=2026-05&amp;as=stranger"' in page
    assert "2026-06" not in page
    assert "2026-06" in client.get("/@alice/months/").content.decode()
