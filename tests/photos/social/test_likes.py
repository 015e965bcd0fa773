"""Likes, their count, and their copies on other shards, which end right in whatever order events arrive."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from photos.jobs import fanout
from photos.library import deletion
from photos.models import Favourite, Like, Notification, Photo, Tally
from photos.social import counters, favourites, likes, notifications
from sharding.models import OutboxEvent
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic
from tests.cast import make_neighbour, make_photo, shard_of
from tests.photos.jobs.fanout import deliver, owed
from tests.photos.social.notices import notices_of
from tests.tiers import database_examples

T = TypeVar("T")

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def liker(alice: User) -> User:
    """Return a person on another shard than alice and her photos."""
    person = make_neighbour(alice)
    assert shard_of(person) != shard_of(alice)
    return person


def liked_by(user: User) -> list[int]:
    return [row.photo_id for row in favourites.page(user.pk)]


def test_a_like_counts_once_and_is_taken_back_once(photo: Photo, liker: User) -> None:
    assert [likes.set_liked(photo, liker.pk, is_liked=True) for _ in range(2)] == [True, False]
    assert (counters.counts_for(photo.pk).likes, likes.is_liked(photo.pk, liker.pk)) == (1, True)
    assert [likes.set_liked(photo, liker.pk, is_liked=False) for _ in range(2)] == [True, False]
    assert (counters.counts_for(photo.pk).likes, likes.is_liked(photo.pk, liker.pk)) == (0, False)
    assert not likes.set_liked(make_photo(liker), liker.pk, is_liked=False), "there was no like to take back"


def test_a_like_becomes_a_favourite_and_a_notification_on_their_shards(
    photo: Photo, alice: User, liker: User
) -> None:
    likes.set_liked(photo, liker.pk, is_liked=True)
    assert (liked_by(liker), notices_of(alice)) == ([], [])
    deliver()
    assert liked_by(liker) == [photo.pk]
    assert notices_of(alice) == [("liked", liker.pk)]
    assert Favourite.objects.on(shard_of(liker)).filter(owner_id=liker.pk).exists()
    assert Notification.objects.on(shard_of(alice)).filter(owner_id=alice.pk).exists()


def test_a_like_of_ones_own_photo_is_a_favourite_without_notification(photo: Photo, alice: User) -> None:
    likes.set_liked(photo, alice.pk, is_liked=True)
    deliver()
    assert (liked_by(alice), notices_of(alice)) == ([photo.pk], [])


def test_a_repeated_like_stays_read(photo: Photo, alice: User, liker: User) -> None:
    for is_liked in (True, False, True):
        likes.set_liked(photo, liker.pk, is_liked=is_liked)
        deliver()
        notifications.mark_read(alice.pk, 2**62)
    assert notices_of(alice) == [("liked", liker.pk)]
    assert notifications.unread_count(alice.pk) == 0


def test_a_deleted_photo_leaves_no_favourites_and_no_notifications(
    photo: Photo, alice: User, liker: User
) -> None:
    likes.set_liked(photo, liker.pk, is_liked=True)
    deliver()
    deletion.delete_photo(photo)
    with pytest.raises(likes.Gone):
        likes.set_liked(photo, liker.pk, is_liked=False)
    deliver(*reversed(owed()))
    for model in (Favourite, Notification, Like, Tally):
        assert not any(model.objects.on(alias).exists() for alias in ("shard0", "shard1")), model


def test_the_row_the_count_and_the_event_are_one_transaction(
    photo: Photo, liker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    def stop(*args: Any) -> None:
        raise Stop

    monkeypatch.setattr(OutboxEvent, "save", stop)
    with pytest.raises(Stop):
        likes.set_liked(photo, liker.pk, is_liked=True)
    assert (counters.counts_for(photo.pk).likes, likes.is_liked(photo.pk, liker.pk)) == (0, False)


class Worker:
    """A worker that has read a like and has not yet written its copies."""

    def __init__(self, photo: Photo, liker: User) -> None:
        self.seen = likes.current(photo.pk, liker.pk)
        self.photo, self.liker = photo, liker

    def write(self) -> None:
        favourites.write(self.photo.pk, self.liker.pk, self.seen)
        for each in notifications.for_like(self.seen) if self.seen else []:
            notifications.write(each)


STEPS = st.lists(st.sampled_from(["like", "unlike", "look", "write first", "write last"]), max_size=16)


@database_examples()
@given(steps=STEPS, order=st.randoms(use_true_random=False))
def test_every_order_and_repetition_of_events_ends_in_the_same_state(
    alice: User, liker: User, steps: list[str], order: Any
) -> None:
    photo = make_photo(alice)
    workers: list[Worker] = []
    is_on = False
    for step in steps:
        if step in {"like", "unlike"}:
            is_on = step == "like"
            likes.set_liked(photo, liker.pk, is_liked=is_on)
        elif step == "look":
            workers.append(Worker(photo, liker))
        elif workers:
            workers.pop(0 if step == "write first" else -1).write()
    own_events = [event for event in owed() if event.payload.get("photo_id") == photo.pk]
    deliveries: list[Callable[[], None]] = [partial(deliver, event) for event in own_events * 3]
    deliveries += [worker.write for worker in workers]
    order.shuffle(deliveries)
    for act in deliveries:
        act()
    assert (photo.pk in liked_by(liker)) is is_on
    notices = [(row.kind, row.actor_id) for row in notifications.latest(alice.pk) if row.photo_id == photo.pk]
    assert notices == [("liked", liker.pk)] * is_on
    assert counters.counts_for(photo.pk).likes == is_on
    assert Favourite.objects.of(liker.pk).filter(photo_id=photo.pk).count() <= 1


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_an_open_like_does_not_make_others_wait(alice: User) -> None:
    """Many people like one photo at the same moment, while the transaction of one of them stays open."""
    photo = make_photo(alice)
    likes.set_liked(photo, 1_000, is_liked=True)
    is_counting, may_commit = threading.Event(), threading.Event()

    def dawdle() -> None:
        with shard_atomic(owner_id=alice.pk):
            counters.lock_photo(photo.pk)
            counters.add(photo.pk, likes=10)
            is_counting.set()
            assert may_commit.wait(20)

    def like(user_id: int) -> bool:
        return likes.set_liked(photo, user_id, is_liked=True)

    with ThreadPoolExecutor(5) as threads:
        slow = threads.submit(closing, dawdle)
        assert is_counting.wait(20)
        quick = [threads.submit(closing, partial(like, user_id)) for user_id in range(4)]
        assert [each.result(timeout=10) for each in quick] == [True] * 4
        assert counters.counts_for(photo.pk).likes == 5
        may_commit.set()
        slow.result(timeout=10)
    assert counters.counts_for(photo.pk).likes == 15
    assert 1 < Tally.objects.on(shard_of(alice)).filter(photo_id=photo.pk).count() <= 6


def closing(act: Callable[[], T]) -> T:
    """Run `act` and close the connections of its thread."""
    try:
        return act()
    finally:
        connections.close_all()


def test_only_a_count_that_drifted_is_corrected(photo: Photo, alice: User, liker: User) -> None:
    alias = shard_of(alice)
    likes.set_liked(photo, liker.pk, is_liked=True)
    other = make_photo(liker)
    assert counters.drift(alias) == {}
    counters.add(photo.pk, likes=3, comments=-2)
    Tally(photo_id=photo.pk, likes=1).save()
    assert counters.drift(alias) == {photo.pk: counters.Counts(likes=-4, comments=2)}
    assert counters.mend(alias) == {photo.pk: counters.Counts(likes=-4, comments=2)}
    assert counters.counts_for(photo.pk) == counters.Counts(likes=1, comments=0)
    assert counters.mend(alias) == counters.drift(alias) == {}
    assert counters.counts_for(other.pk) == counters.NONE


def test_likes_that_a_move_is_copying_are_no_drift(photo: Photo, alice: User, liker: User) -> None:
    """A move copies table by table; rows that have not arrived must not change the counts at the source."""
    likes.set_liked(photo, liker.pk, is_liked=True)
    like = Like.objects.in_bucket(ids.bucket_of(photo.pk)).get(photo_id=photo.pk)
    target = shard_of(liker)
    with connections[target].cursor() as cursor:
        cursor.execute(
            "INSERT INTO tessera_bucket (number, state) VALUES (%s, 'incoming')"
            " ON CONFLICT (number) DO UPDATE SET state = 'incoming'",
            [ids.bucket_of(photo.pk)],
        )
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "INSERT INTO photos_like (id, photo_id, user_id, is_on, version, changed_at)"
            " VALUES (%s, %s, %s, true, 1, now())",
            [like.pk, photo.pk, liker.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        assert counters.drift(target) == counters.mend(target) == {}
        cursor.execute(
            "UPDATE tessera_bucket SET state = 'owned' WHERE number = %s", [ids.bucket_of(photo.pk)]
        )
    assert counters.mend(target) == {}, "the correction runs on the shard that has the photo"
    assert counters.counts_for(photo.pk).likes == 1


def test_a_repeated_event_restores_lost_copies(photo: Photo, alice: User, liker: User) -> None:
    """After a loss of the copies, handling the event of the like again restores them."""
    likes.set_liked(photo, liker.pk, is_liked=True)
    for _ in range(2):
        fanout.like(photo.pk, liker.pk)
        assert (liked_by(liker), notices_of(alice)) == ([photo.pk], [("liked", liker.pk)])
        Favourite.objects.of(liker.pk).delete()
        Notification.objects.of(alice.pk).delete()
