"""People as pages show them, and whom the site suggests."""

import pytest

from accounts import follows, known
from accounts.models import Follow, User
from accounts.people import Person
from tests.cast import make_user

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_person_is_shown_by_the_name_they_chose(alice: User, carol: User) -> None:
    assert (Person.of(alice).display_name, Person.of(alice).initials) == ("Alice Liddell", "AL")
    assert (Person.of(carol).display_name, Person.of(carol).initials) == ("carol", "C")
    assert Person.of(alice).url == "/@alice/"


def test_suggestions_leave_out_oneself_the_followed_and_the_inactive(
    alice: User, bob: User, carol: User
) -> None:
    make_user("gone", is_active=False)
    assert known.suggested_to(bob) == [carol]
    follows.follow(bob, carol)
    assert known.suggested_to(bob) == []


def test_following_twice_is_following_once(alice: User, carol: User) -> None:
    assert follows.follow(carol, alice)
    assert not follows.follow(carol, alice)
    assert Follow.objects.filter(follower=carol).count() == 1
    assert follows.is_following(carol.pk, alice.pk)
    assert follows.unfollow(carol, alice)
    assert not follows.unfollow(carol, alice)


def test_nobody_signed_out_follows_anybody(alice: User) -> None:
    assert not follows.is_following(None, alice.pk)
