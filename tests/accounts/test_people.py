"""Person, suggestions of people to follow, and the limits of following."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Follow, User
from accounts.profile_card import Person
from accounts.relations import follows, people_cache
from tests.cast import make_user

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_person_is_shown_with_their_display_name(alice: User, carol: User) -> None:
    assert (Person.from_user(alice).display_name, Person.from_user(alice).initials) == ("Alice Liddell", "AL")
    assert (Person.from_user(carol).display_name, Person.from_user(carol).initials) == ("carol", "C")
    assert Person.from_user(alice).url == "/@alice/"


def test_suggestions_leave_out_oneself_the_followed_and_the_inactive(
    alice: User, bob: User, carol: User
) -> None:
    make_user("gone", is_active=False)
    assert people_cache.suggested_to(bob) == [carol]
    follows.follow(bob, carol)
    assert people_cache.suggested_to(bob) == []


def test_following_twice_is_following_once(alice: User, carol: User) -> None:
    assert follows.follow(carol, alice)
    assert not follows.follow(carol, alice)
    assert Follow.objects.filter(follower=carol).count() == 1
    assert follows.is_following(carol.pk, alice.pk)
    assert follows.unfollow(carol, alice)
    assert not follows.unfollow(carol, alice)


def test_the_limit_of_follows_is_shown(
    alice: User, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_cache, "FOLLOWED_UP_TO", 1)
    client = Client()
    client.force_login(bob)
    page = client.post("/@carol/follow/", {"following": "1"}, follow=True).content.decode()
    assert "You can follow up to 1 people" in page
    fragment = client.post("/@carol/follow/", {"following": "1"}, headers={"HX-Request": "true"})
    assert "You can follow up to" in fragment.content.decode()
    assert 'value="1"' in fragment.content.decode(), "the button offers it again"
    assert not follows.follow(bob, alice), "a person followed already takes no more room"
    assert follows.followee_ids(bob) == [alice.pk]


def test_a_flood_of_follows_is_stopped(alice: User, carol: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.RATE_LIMITS, "follow", {60: 2})
    client = Client()
    client.force_login(carol)
    for following in "10":
        client.post("/@alice/follow/", {"following": following})
    page = client.post("/@alice/follow/", {"following": "1"}, follow=True).content.decode()
    assert "try again in a minute" in page
    fragment = client.post("/@alice/follow/", {"following": "1"}, headers={"HX-Request": "true"})
    assert fragment.status_code == 429
    assert follows.followee_ids(carol) == []


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[x"])
def test_a_referrer_that_is_no_address_leads_home_after_signing_in(alice: User, referer: str) -> None:
    answer = Client().post("/@alice/follow/", {"following": "1"}, headers={"Referer": referer})
    assert answer["Location"] == "/accounts/login/?next=/"


def test_a_signed_out_visitor_cannot_follow(alice: User) -> None:
    assert not follows.is_following(None, alice.pk)
