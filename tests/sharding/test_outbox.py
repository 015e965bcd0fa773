"""Effects after the commit: at least once, never without the commit."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from sharding import causal, outbox, tokens
from sharding.ids import bucket_of, time_of
from sharding.models import OutboxEvent
from sharding.transactions import shard_atomic

pytestmark = pytest.mark.django_db(databases="__all__")

BUCKET = 1  # on shard1


Committing = Callable[[], contextlib.AbstractContextManager[object]]


class Stop(Exception):
    pass


class Receiver:
    """A handler that remembers, and fails while it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[int, outbox.Payload]] = []
        self.tokens: list[dict[str, int]] = []
        self.is_broken = False

    def __call__(self, event_id: int, payload: outbox.Payload) -> None:
        if self.is_broken:
            raise ConnectionError("the queue is away")
        self.received.append((event_id, payload))
        self.tokens.append(causal.current().token())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    outbox.handler("plant.grown")(receiver)
    yield receiver
    del outbox._handlers["plant.grown"]


@pytest.fixture
def committing(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Committing:
    return lambda: django_capture_on_commit_callbacks(using="shard1", execute=True)


def _add(payload: outbox.Payload | None = None) -> OutboxEvent:
    with shard_atomic(bucket=BUCKET):
        return outbox.add(BUCKET, "plant.grown", payload or {"cm": 9})


def _stored(event: OutboxEvent) -> OutboxEvent:
    return OutboxEvent.objects.locate(event.pk).get()


def test_an_event_is_relayed_after_the_commit(receiver: Receiver, committing: Committing) -> None:
    with committing(), shard_atomic(bucket=BUCKET):
        event = outbox.add(BUCKET, "plant.grown", {"cm": 9})
        assert receiver.received == []
    assert receiver.received == [(event.pk, {"cm": 9})]
    assert _stored(event).relayed_at is not None
    assert bucket_of(event.pk) == BUCKET


def test_an_event_of_a_transaction_that_is_undone_never_was(
    receiver: Receiver, committing: Committing
) -> None:
    with committing(), contextlib.suppress(Stop), shard_atomic(bucket=BUCKET):
        outbox.add(BUCKET, "plant.grown", {})
        raise Stop
    assert receiver.received == []
    assert not OutboxEvent.objects.on("shard1").exists()


def test_an_event_needs_the_transaction_it_belongs_to() -> None:
    with pytest.raises(outbox.OutsideTransaction, match="bucket=1"):
        outbox.add(BUCKET, "plant.grown", {})
    with pytest.raises(outbox.OutsideTransaction), shard_atomic(alias="shard0"):
        outbox.add(BUCKET, "plant.grown", {})


def test_messages_sent_by_a_handler_carry_the_events_lsn(receiver: Receiver, committing: Committing) -> None:
    """Also without a session, as in a command: else the worker might not find what the event is about."""
    with committing():
        _add()
    assert receiver.tokens[0]["shard1"] > 0


def test_a_handlers_session_knows_what_the_request_was_promised(
    receiver: Receiver, committing: Committing
) -> None:
    with causal.session({"default": 7}) as session:
        with committing():
            _add()
        assert receiver.tokens[0].keys() == {"default", "shard1", tokens.MAP}
        assert session.dirty == {"shard1"}


def test_a_failing_handler_is_logged_and_never_raised_to_the_request(
    receiver: Receiver,
    committing: Committing,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.is_broken = True
    with committing():
        event = _add()
    assert "could not be relayed" in caplog.text
    left = _stored(event)
    assert (left.relayed_at, left.attempts) == (None, 1)
    assert left.retry_at is not None
    assert left.retry_at > timezone.now()


def test_an_event_without_a_handler_waits_for_one(caplog: pytest.LogCaptureFixture) -> None:
    event = _add()
    assert not outbox.relay(event)
    assert "plant.grown" in caplog.text
    assert _stored(event).relayed_at is None


def test_a_sweep_relays_what_was_left_behind_oldest_first(receiver: Receiver) -> None:
    left = [_add({"n": number}) for number in range(3)]
    assert outbox.sweep("shard1", older_than_seconds=5) == 0
    assert outbox.sweep("shard1", older_than_seconds=-5, limit=2) == 2
    assert outbox.sweep("shard1", older_than_seconds=-5) == 1
    assert outbox.sweep("shard1", older_than_seconds=-5) == 0
    assert receiver.received == [(event.pk, event.payload) for event in left]


def test_a_sweep_looks_at_one_shard(receiver: Receiver) -> None:
    _add()
    assert outbox.sweep("shard0", older_than_seconds=-5) == 0


def test_a_sweep_goes_on_after_an_event_that_fails_and_leaves_that_one_for_later(receiver: Receiver) -> None:
    with shard_atomic(bucket=BUCKET):
        poison = outbox.add(BUCKET, "nobody.handles", {})
    good = _add()
    assert outbox.sweep("shard1", older_than_seconds=-5) == 1
    assert [event_id for event_id, _ in receiver.received] == [good.pk]
    assert outbox.sweep("shard1", older_than_seconds=-5) == 0
    assert _stored(poison).attempts == 1


def test_the_back_off_grows_up_to_an_hour() -> None:
    event = _add()
    pauses = []
    with time_machine.travel(timezone.now(), tick=False):
        for attempts in (0, 1, 5, 30):
            event.attempts = attempts
            outbox.relay(event)
            retry_at = _stored(event).retry_at
            assert retry_at is not None
            pauses.append((retry_at - timezone.now()).total_seconds())
    assert pauses == [2, 4, 64, 3600]


def test_relaying_twice_is_harmless_to_the_row(receiver: Receiver) -> None:
    event = _add()
    assert outbox.relay(event)
    first = _stored(event).relayed_at
    assert outbox.relay(event)
    assert _stored(event).relayed_at == first


def test_old_relayed_events_are_deleted_and_owed_ones_never(receiver: Receiver) -> None:
    relayed, also_relayed, owed = _add(), _add(), _add()
    outbox.relay(relayed)
    outbox.relay(also_relayed)
    assert outbox.purge("shard1", older_than_days=1) == 0
    with time_machine.travel(time_of(owed.pk) + timedelta(days=1, minutes=1)):
        assert outbox.purge("shard1", older_than_days=1, batch=1) == 2
    assert OutboxEvent.objects.on("shard1").get() == owed


def test_a_topic_has_one_handler(receiver: Receiver) -> None:
    with pytest.raises(ValueError, match=r"plant\.grown"):
        outbox.handler("plant.grown")(receiver)
