"""Simultaneous likes and comments on one photo, also during its deletion or an erasure: no deadlock, no drift."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.conf import settings
from django.db import connections

from accounts import erasures
from accounts.models import User
from photos.jobs import erasure as erasing
from photos.library import deletion
from photos.models import Comment, Like, Photo, Tally
from photos.social import comments, counters, likes
from photos.social.comments import NoSuchComment
from photos.social.likes import Gone
from tests.cast import make_photo, make_user, shard_of

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

THREADS = 6


def busy(photo: Photo, user_id: int, rounds: int) -> int:
    """Like, unlike, comment, answer and delete at random; return the number of actions before the photo was gone."""
    dice = random.Random(user_id)  # noqa: S311 - not used for security
    own_ids: list[int] = []
    for done in range(rounds):
        try:
            match dice.randrange(4):
                case 0:
                    likes.set_liked(photo, user_id, is_liked=dice.random() < 0.5)
                case 1:
                    own_ids.append(comments.write(photo, user_id, "x").pk)
                case 2 if own_ids:
                    comments.write(photo, user_id, "y", parent_id=dice.choice(own_ids))
                case 3 if own_ids:
                    comments.delete(own_ids.pop(), user_id)
        except NoSuchComment:
            continue
        except Gone:
            return done
    return rounds


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at the same time, each in a thread with its own connections; raise the first error."""

    def closing(act: Callable[[], object]) -> object:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [each.result(timeout=60) for each in [threads.submit(closing, act) for act in acts]]


def test_simultaneous_likes_and_comments_are_counted_right(alice: User) -> None:
    photo = make_photo(alice)
    together(*(partial(busy, photo, 1000 + number, 25) for number in range(THREADS)))
    assert counters.drift(shard_of(alice)) == {}
    on = Like.objects.on(shard_of(alice)).filter(is_on=True).count()
    alive = Comment.objects.on(shard_of(alice)).filter(deleted_at__isnull=True).count()
    assert counters.counts_for(photo.pk) == counters.Counts(on, alive)
    assert Tally.objects.on(shard_of(alice)).count() <= THREADS


def test_deleting_the_photo_meanwhile_deletes_its_likes_and_comments(alice: User) -> None:
    for _ in range(3):
        photo = make_photo(alice)
        acts = [partial(busy, photo, 1000 + number, 60) for number in range(THREADS)]
        assert together(*acts, partial(deletion.delete_photo, photo))[-1] is True
        for model in (Photo, Like, Comment, Tally):
            assert not model.objects.on(shard_of(alice)).exists(), model


def test_erasing_a_person_meanwhile_leaves_the_counts_right(alice: User) -> None:
    photo, leaver = make_photo(alice), make_user("leaver")
    busy(photo, leaver.pk, 30)
    erasure = erasures.request(leaver.pk)
    acts = [partial(busy, photo, 1000 + number, 25) for number in range(THREADS)]
    together(*acts, partial(erasing.run, erasure.pk))
    assert [counters.drift(alias) for alias in settings.SHARDS] == [{}, {}]
    assert not Comment.objects.on(shard_of(alice)).filter(author_id=leaver.pk).exists()
    assert not Like.objects.on(shard_of(alice)).filter(user_id=leaver.pk).exists()
