"""What the outbox hands to the queue, and what a worker hands back."""

import inspect
from typing import Any

import dramatiq
import pytest

from accounts.models import User
from accounts.relations import follows
from photos.files import retired_files
from photos.jobs import tasks
from photos.library import deletion
from photos.models import Photo
from photos.pipeline.rendering import READY
from photos.social import comments, favourites, likes, notifications
from sharding.consistency import outbox
from sharding.models import OutboxEvent
from sharding.rows import ids
from sharding.rows.transactions import shard_atomic
from tests.cast import make_neighbour
from tests.photos.jobs.fanout import owed

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Every message that is sent, as (actor, arguments); none reaches a queue."""
    messages: list[tuple[str, Any]] = []

    def enqueue(self: object, message: dramatiq.Message[Any], **options: object) -> dramatiq.Message[Any]:
        messages.append((message.actor_name, message.args))
        return message

    monkeypatch.setattr(type(dramatiq.get_broker()), "enqueue", enqueue)
    return messages


def relay_all() -> None:
    for event in owed():
        assert outbox.relay(event)


def work(sent: list[tuple[str, Any]]) -> None:
    """Do what every message asks for."""
    for name, args in sent:
        getattr(tasks, name).fn(*args)


def test_each_event_goes_to_its_actor_and_is_owed_until_that_is_done(
    photo: Photo, alice: User, sent: list[tuple[str, Any]]
) -> None:
    guest = make_neighbour(alice)
    likes.set_liked(photo, guest.pk, is_liked=True)
    comments.write(photo, guest.pk, "Lovely")
    follows.follow(guest, alice)
    relay_all()
    assert sorted(name for name, _ in sent) == ["spread_comment", "spread_follow", "spread_like"]
    assert all(event.relayed_at is None for event in owed()), "the queue may forget"
    work(sent)
    assert all(event.relayed_at for event in owed())
    assert sorted(row.kind for row in notifications.latest(alice.pk)) == ["commented", "followed", "liked"]
    assert [row.photo_id for row in favourites.page(guest.pk)] == [photo.pk]


def test_a_removed_photo_is_forgotten_by_others_once_its_bytes_are_gone(
    photo: Photo, alice: User, sent: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = make_neighbour(alice)
    likes.set_liked(photo, guest.pk, is_liked=True)
    relay_all()
    work(sent)
    sent.clear()
    deletion.delete_photo(photo)
    relay_all()
    discarded: list[list[str]] = []

    def discard(_: int, keys: list[str]) -> list[str]:
        discarded.append(keys)
        return ["pub/x/y/640.jpg"]

    monkeypatch.setattr(deletion, "delete_files", discard)
    work(list(sent))
    assert sent[-1] == ("forget_at_edge", (["pub/x/y/640.jpg"],)), "what the edge was fetching meanwhile"
    assert discarded == [[photo.original_key]]
    assert (favourites.page(guest.pk), notifications.latest(alice.pk)) == ([], [])
    assert all(event.relayed_at for event in owed())


def test_what_a_photo_was_shown_by_is_owed_to_be_cleared_up(
    photo: Photo, sent: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = ids.bucket_of(photo.pk)
    with shard_atomic(bucket=bucket):
        event = outbox.add(bucket, READY, {"photo_id": photo.pk})
    assert outbox.relay(event)
    assert sent == [("retire", (photo.pk, event.pk))]
    waiting = OutboxEvent.objects.locate(event.pk).filter(relayed_at=None)
    assert waiting.exists(), "the queue may forget"
    monkeypatch.setattr(retired_files, "retire", lambda _: ["pub/x/old/640.jpg"])
    work(list(sent))
    assert sent[-1] == ("forget_at_edge", (["pub/x/old/640.jpg"],))
    assert not waiting.exists()
    tasks.retire.fn(photo.pk)  # as a message of an earlier release says it


def test_messages_of_the_release_before_are_understood() -> None:
    """Actors keep their names and the order of their arguments: messages may wait in a queue over an update."""
    actors = {
        name: actor.fn
        for name, actor in dramatiq.get_broker().actors.items()
        if actor.fn.__module__ == tasks.__name__
    }
    arguments = {
        name: outbox.message_fields(fn)
        if hasattr(fn, "__wrapped__")
        else list(inspect.signature(fn).parameters)
        for name, fn in actors.items()
    }
    assert arguments == {
        "show": ["photo_id"],
        "show_when_there_is_time": ["photo_id"],
        "complete": ["photo_id"],
        "complete_when_there_is_time": ["photo_id"],
        "retire": ["photo_id", "event_id"],
        "discard": ["photo_id", "keys", "event_id"],
        "reshelve": ["event_id", "photo_id"],
        "reshelve_many": ["event_id", "photo_ids"],
        "reshelve_when_there_is_time": ["event_id", "photo_ids"],
        "renew_addresses": ["event_id", "owner_id"],
        "forget_at_edge": ["keys"],
        "spread_like": ["event_id", "photo_id", "user_id"],
        "spread_comment": ["event_id", "comment_id"],
        "spread_follow": ["event_id", "follower_id", "followee_id"],
        "spread_avoidance": ["event_id", "person_id", "other_id"],
        "tell_removed": ["event_id", "report_id"],
        "mail_digest": ["owner_id"],
        "publish": ["event_id", "photo_id", "after"],
        "rebuild_timeline": ["person_id"],
        "pack": ["album_id", "link_id"],
        "erase": ["event_id", "erasure_id"],
    }


def test_small_work_for_people_goes_before_rendering() -> None:
    assert tasks.spread_like.queue_name == tasks.show.queue_name == "interactive"
    assert tasks.spread_like.priority < tasks.show.priority
