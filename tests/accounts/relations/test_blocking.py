"""Blocking and muting: what they end, what stays, and that the other person is not notified."""

import contextlib
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Avoidance, Follow, User
from accounts.relations import blocking, follows
from photos.social import comments, inbox, likes, notifications
from tests.cast import make_neighbour, make_photo
from tests.photos.jobs.fanout import deliver
from tests.photos.social.test_concurrency import together

pytestmark = pytest.mark.django_db(databases="__all__")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def avoid(me: User, other: User, kind: str, *, on: str = "1") -> int:
    return signed_in(me).post(f"/@{other.username}/avoid/", {"kind": kind, "avoided": on}).status_code


def test_a_block_ends_follows_in_both_directions_and_none_can_begin(alice: User, bob: User) -> None:
    follows.follow(alice, bob)
    assert avoid(alice, bob, "block") == 302
    assert not Follow.objects.exists()
    for follower, followee in ((alice, bob), (bob, alice)):
        with pytest.raises(follows.Blocked):
            follows.follow(follower, followee)
    assert not Follow.objects.exists()
    assert avoid(alice, bob, "block", on="0") == 302
    assert not Follow.objects.exists(), "the end of a block brings no follow back"
    assert follows.follow(User.objects.get(pk=bob.pk), alice)


def test_a_mute_ends_nothing(alice: User, bob: User) -> None:
    follows.follow(alice, bob)
    make_photo(bob)
    assert avoid(alice, bob, "mute") == 302
    assert Follow.objects.count() == 2
    assert signed_in(bob).get("/@alice/").status_code == 200


def test_a_blocked_person_gets_404_and_the_blocker_can_unblock(alice: User, bob: User) -> None:
    avoid(alice, bob, "block")
    client_of_bob, client_of_alice = signed_in(bob), signed_in(alice)
    assert client_of_bob.get("/@alice/").status_code == 404
    assert client_of_bob.post("/@alice/follow/", {"following": "1"}).status_code == 404
    assert "@alice" in Client().get("/search/?q=alice").content.decode()
    assert "@alice" not in client_of_bob.get("/search/?q=alice").content.decode()
    assert "@alice" not in client_of_bob.get("/people/").content.decode()
    page = client_of_alice.get("/@bob/").content.decode()
    assert "You have blocked" in page
    assert "Unblock" in page
    assert "@bob" in client_of_alice.get("/settings/people/").content.decode()
    assert "@alice" not in client_of_bob.get("/settings/people/").content.decode(), "bob does not learn of it"


def test_two_people_who_blocked_each_other_can_each_unblock(alice: User, bob: User) -> None:
    avoid(alice, bob, "block")
    assert avoid(bob, alice, "block") == 302
    answer = signed_in(bob).post("/@alice/avoid/", {"kind": "block", "avoided": "0"})
    assert answer["Location"] == "/settings/people/", "the profile does not exist for bob"
    assert list(Avoidance.objects.values_list("person_id", flat=True)) == [alice.pk]


def test_people_with_a_block_neither_mention_nor_read_each_other(alice: User, bob: User, carol: User) -> None:
    photo = make_photo(carol)
    comments.write(photo, bob.pk, "By bob")
    blocking.begin(alice, bob, "block")
    comment = comments.write(photo, bob.pk, "Look @alice @carol")
    assert comment.mentioned_ids == [carol.pk]
    assert "By bob" not in signed_in(alice).get(photo.get_absolute_url()).content.decode()
    assert "By bob" in signed_in(carol).get(photo.get_absolute_url()).content.decode()
    comments.write(photo, alice.pk, "By alice")
    assert "By alice" not in signed_in(bob).get(photo.get_absolute_url()).content.decode()


@pytest.mark.parametrize("kind", ["block", "mute"])
def test_notifications_of_a_blocked_or_muted_person_are_read_or_hidden(kind: str, alice: User) -> None:
    noisy = make_neighbour(alice)
    first, second = make_photo(alice), make_photo(alice)
    likes.set_liked(first, noisy.pk, is_liked=True)
    deliver()
    assert notifications.unread_count(alice.pk) == 1
    blocking.begin(alice, noisy, kind)
    likes.set_liked(second, noisy.pk, is_liked=True)
    deliver()
    assert notifications.unread_count(alice.pk) == 0
    assert inbox.page(alice).lines == []
    blocking.end(alice, noisy, kind)
    assert len(inbox.page(alice).lines) == 2, "after the block they are shown, as read"
    assert notifications.unread_count(alice.pk) == 0


def test_the_lists_leave_out_inactive_people(alice: User, bob: User) -> None:
    blocking.begin(alice, bob, "block")
    assert blocking.people_by_kind(alice)["block"] == [bob]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert blocking.people_by_kind(alice)["block"] == []


def test_a_person_cannot_block_or_mute_themself(alice: User) -> None:
    assert avoid(alice, alice, "block") == 404
    with pytest.raises(blocking.CannotBlockSelf):
        blocking.begin(alice, alice, "mute")
    with pytest.raises(IntegrityError), transaction.atomic():
        Avoidance.objects.create(person=alice, other=alice, kind="block")


def test_blocking_twice_is_blocking_once(alice: User, bob: User) -> None:
    assert blocking.begin(alice, bob, "block")
    assert not blocking.begin(alice, bob, "block")
    assert blocking.end(alice, bob, "block")
    assert not blocking.end(alice, bob, "block")
    assert avoid(alice, bob, "ignore") == 404


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_simultaneous_follow_does_not_survive_a_block(alice: User, carol: User) -> None:
    for _ in range(20):
        Avoidance.objects.all().delete()
        together(partial(follow_if_possible, carol, alice), partial(blocking.begin, alice, carol, "block"))
        assert Avoidance.objects.count() == 1
        assert not Follow.objects.exists()


def follow_if_possible(follower: User, followee: User) -> None:
    with contextlib.suppress(follows.Blocked):
        follows.follow(follower, followee)
