"""Who may open a photo's page: the same answer for a row in memory as for a query."""

import pytest

from accounts.models import User
from accounts.relations import blocking
from accounts.relations.relationship import Relationship
from photos.models import Photo, Stage, State, Visibility
from photos.social import audience
from tests.cast import NOTHING_YET, make_photo

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("level", Visibility.values)
def test_a_row_in_memory_is_judged_as_the_query_judges_it(level: str, alice: User) -> None:
    photos = [
        *(
            make_photo(alice, visibility=level, state=state, stage=stage)
            for state in State
            for stage in Stage
        ),
        make_photo(alice, visibility=level, state=State.RESERVED, **NOTHING_YET),
        make_photo(alice, visibility=level, trashed_at="2026-11-30T00:00:00Z"),
    ]
    for tie in Relationship:
        rows = Photo.objects.of(alice.pk)
        expected = set(Photo.objects.reachable_by(tie, alice.pk))
        assert {photo for photo in rows if audience.may_open(photo, tie)} == expected, tie
    assert len(photos) == rows.count()


def test_a_photo_comes_with_its_owner_and_the_relationship(alice: User, bob: User, carol: User) -> None:
    photo = make_photo(alice, visibility=Visibility.FOLLOWERS)
    seen = {person: audience.load_visible(photo.pk, person) for person in (alice, bob, carol, None)}
    assert seen[alice] == (photo, alice, Relationship.OWNER)
    assert seen[bob] == (photo, alice, Relationship.FOLLOWER)
    assert seen[carol] is None
    assert seen[None] is None


def test_nobody_opens_the_photos_of_an_inactive_owner(alice: User, bob: User) -> None:
    photo = make_photo(alice)
    assert audience.load_visible(photo.pk, bob) is not None
    alice.is_active = False
    alice.save()
    assert audience.load_visible(photo.pk, bob) is None


def test_a_block_keeps_photos_away_in_both_directions(alice: User, bob: User, carol: User) -> None:
    blocking.begin(alice, bob, "block")
    blocking.begin(carol, alice, "block")
    photo = make_photo(alice)
    assert audience.load_visible(photo.pk, bob) is None
    assert audience.load_visible(photo.pk, carol) is None
    assert audience.load_visible(photo.pk, None) is not None
