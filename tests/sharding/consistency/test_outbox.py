"""The outbox: events are relayed after the commit, at least once, and never without the commit."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from sharding.consistency import causal, outbox, tokens
from sharding.models import DirectoryEvent, OutboxEvent
from sharding.rows.ids import bucket_of, time_of
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic

pytestmark = pytest.mark.django_db(databases="__all__")

BUCKET = 1  # on shard1


Committing = Callable[[], contextlib.AbstractContextManager[object]]


class Stop(Exception):
    pass


class Receiver:
    """A handler that records events, and fails while a test says so."""

    def __init__(self) -> None:
        self.received: list[tuple[int, outbox.Payload]] = []
        self.tokens: list[dict[str, int]] = []
        self.is_broken = False
        self.work: Callable[[int], object] = lambda event_id: None

    def __call__(self, event_id: int, payload: outbox.Payload) -> None:
        if self.is_broken:
            raise ConnectionError("the queue is away")
        self.received.append((event_id, payload))
        self.tokens.append(causal.current().token())
        self.work(event_id)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    outbox.handler("plant.grown")(receiver)
    outbox.handler("plant.sold", confirmed=True)(receiver)
    outbox.handler("plant.watered", confirmed=True, within_seconds=120)(receiver)
    yield receiver
    for topic in ("plant.grown", "plant.sold", "plant.watered"):
        del outbox._handlers[topic]
        outbox._confirmed_topics.pop(topic, None)


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
    """Also without a session, as in a command: otherwise the worker might read a replica without the event's rows."""
    with committing():
        _add()
    assert receiver.tokens[0]["shard1"] > 0


def test_a_handlers_session_has_the_token_of_the_request(receiver: Receiver, committing: Committing) -> None:
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


def _owe_in_directory(topic: str = "plant.grown") -> DirectoryEvent:
    with shard_atomic(alias=DIRECTORY):
        return outbox.add_to_directory(topic, {"cm": 9})


def _is_owed(event: DirectoryEvent) -> bool:
    return DirectoryEvent.objects.filter(pk=event.pk, relayed_at__isnull=True).exists()


def test_an_event_of_the_directory_is_relayed_after_its_commit_and_carries_its_lsn(
    receiver: Receiver, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(using=DIRECTORY, execute=True), shard_atomic(alias=DIRECTORY):
        event = outbox.add_to_directory("plant.grown", {"cm": 9})
        assert receiver.received == []
    assert receiver.received == [(event.pk, {"cm": 9})]
    assert receiver.tokens[0][DIRECTORY] > 0
    assert not _is_owed(event)


def test_an_event_of_the_directory_needs_a_transaction_there() -> None:
    with pytest.raises(outbox.OutsideTransaction), shard_atomic(bucket=BUCKET):
        outbox.add_to_directory("plant.grown", {})


def test_a_sweep_and_a_purge_of_the_directory_do_what_they_do_on_a_shard(receiver: Receiver) -> None:
    receiver.is_broken = True
    event = _owe_in_directory()
    outbox.relay(event)
    receiver.is_broken = False
    assert outbox.sweep(DIRECTORY, older_than_seconds=-5) == 0, "the event has just failed"
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert outbox.sweep(DIRECTORY) == 1
    assert not _is_owed(event)
    assert outbox.purge(DIRECTORY) == 0
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert outbox.purge(DIRECTORY) == 1


def test_a_confirmed_event_is_owed_until_the_work_is_done(receiver: Receiver) -> None:
    """The message of a relayed event may be lost with the queue: the event is then sent again."""
    with shard_atomic(bucket=BUCKET):
        event = outbox.add(BUCKET, "plant.sold", {})
    outbox.relay(event)
    assert outbox.sweep("shard1", older_than_seconds=-5) == 0, "the worker has time to do it"
    with time_machine.travel(timezone.now() + timedelta(seconds=outbox.CONFIRM_SECONDS + 1)):
        assert outbox.sweep("shard1") == 1
        assert outbox.sweep("shard1") == 0
    assert len(receiver.received) == 2
    for _ in range(2):
        outbox.confirm(event.pk)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert outbox.sweep("shard1") == 0


def test_work_that_takes_longer_is_not_asked_for_again_meanwhile(receiver: Receiver) -> None:
    with shard_atomic(bucket=BUCKET):
        event = outbox.add(BUCKET, "plant.watered", {})
    outbox.relay(event)
    with time_machine.travel(timezone.now() + timedelta(seconds=outbox.CONFIRM_SECONDS + 1)):
        assert outbox.sweep("shard1") == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=121)):
        assert outbox.sweep("shard1") == 1


def test_a_confirmed_event_of_the_directory_as_well(receiver: Receiver) -> None:
    event = _owe_in_directory("plant.sold")
    outbox.relay(event)
    assert _is_owed(event)
    outbox.confirm_in_directory(event.pk)
    assert not _is_owed(event)


def test_a_confirmation_that_overtakes_the_relay_holds(receiver: Receiver) -> None:
    """The worker may confirm the event before the relaying process has marked it relayed."""
    event = _owe_in_directory("plant.sold")
    receiver.work = outbox.confirm_in_directory
    outbox.relay(event)
    assert not _is_owed(event)


@pytest.fixture
def job_topic() -> Iterator[str]:
    """A topic whose registration is taken back, with the actor that its job declares."""
    yield "plant.pruned"
    outbox._handlers.pop("plant.pruned", None)
    outbox._confirmed_topics.pop("plant.pruned", None)
    dramatiq.get_broker().actors.pop("prune", None)


def owe(topic: str) -> OutboxEvent:
    with shard_atomic(bucket=BUCKET):
        return outbox.add(BUCKET, topic, {"cm": 9, "unused": True})


def is_owed(event: OutboxEvent) -> bool:
    return OutboxEvent.objects.locate(event.pk).filter(relayed_at=None).exists()


@pytest.mark.parametrize("answer", ["returns", "raises", "still owed"])
def test_a_job_confirms_its_event_exactly_when_it_is_done(
    answer: str, job_topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    @outbox.job(job_topic, queue_name="interactive", priority=3)
    def prune(cm: int) -> object:
        done.append(cm)
        if answer == "raises":
            raise ZeroDivisionError
        return outbox.STILL_OWED if answer == "still owed" else None

    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(prune, "send_with_options", lambda *, args, delay: sent.append(args))
    event = owe(job_topic)
    assert outbox.relay(event)
    assert sent == [(event.pk, 9)], "the event's number, then the payload's fields that the job names"
    assert is_owed(event), "the queue may forget"
    with contextlib.suppress(ZeroDivisionError):
        prune.fn(*sent[0])
    assert done == [9]
    assert is_owed(event) is (answer != "returns")


def test_a_job_that_names_the_event_is_given_it_where_it_names_it(
    job_topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int | None]] = []

    @outbox.job(job_topic, delay_ms=1_000, queue_name="interactive")
    def prune(cm: int, event_id: int | None = None) -> None:
        seen.append((cm, event_id))

    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(prune, "send_with_options", lambda *, args, delay: sent.append((*args, delay)))
    event = owe(job_topic)
    assert outbox.relay(event)
    assert sent == [(9, event.pk, 1_000)]
    prune.fn(9)
    assert is_owed(event), "a message of an earlier release names no event, and confirms none"
    prune.fn(9, event.pk)
    assert seen == [(9, None), (9, event.pk)]
    assert not is_owed(event)
