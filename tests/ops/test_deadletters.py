"""Jobs that failed for good are recorded, and sent again without being lost."""

from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from django.core.management import CommandError, call_command

from ops import deadletters, queues
from ops.models import DeadLetter

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def empty_queues() -> Iterator[None]:
    """Empty the queues before and after each test."""
    broker: Any = dramatiq.get_broker()
    broker.flush_all()
    yield
    broker.flush_all()


def failed(number: int, error: Exception) -> DeadLetter:
    """Record a message of the actor `complete` that failed."""
    message: Any = dramatiq.Message(
        queue_name="media",
        actor_name="complete",
        args=(number,),
        kwargs={},
        options={"request_id": f"request-{number}"},
    )
    proxy = dramatiq.MessageProxy(message)
    proxy.fail()
    try:
        raise error
    except type(error) as raised:
        deadletters.RecordDeadLetters().after_process_message(dramatiq.get_broker(), proxy, exception=raised)
    return DeadLetter.objects.get(message_id=message.message_id)


def ready(queue: str) -> int:
    return next(depth.ready for depth in queues.depths() if depth.queue == queue)


def test_a_message_that_failed_for_good_is_recorded_with_its_reason() -> None:
    letter = failed(7, ValueError("too blue"))
    assert (letter.actor, letter.args, letter.error_class, letter.reason) == (
        "complete",
        [7],
        "ValueError",
        "too blue",
    )
    assert "test_deadletters.py" in letter.traceback
    assert letter.request_id == "request-7"


def test_a_message_that_will_be_retried_is_not() -> None:
    proxy = dramatiq.MessageProxy(
        dramatiq.Message(queue_name="media", actor_name="complete", args=(1,), kwargs={}, options={})
    )
    deadletters.RecordDeadLetters().after_process_message(
        dramatiq.get_broker(), proxy, exception=ValueError()
    )
    assert not DeadLetter.objects.exists()


def test_letters_are_sent_again_and_then_forgotten() -> None:
    letters = [failed(number, ValueError()) for number in range(3)]
    assert deadletters.send_again(DeadLetter.objects.filter(pk=letters[0].pk)) == 1
    assert ready("media") == 1
    assert deadletters.send_again(DeadLetter.objects.all()) == 2
    assert ready("media") == 3
    assert not DeadLetter.objects.exists()


def test_a_letter_stays_when_it_could_not_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    failed(1, ValueError())

    def away(*args: object, **kwargs: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", away)
    with pytest.raises(ConnectionError):
        deadletters.send_again(DeadLetter.objects.all())
    assert DeadLetter.objects.count() == 1


def test_jobs_lists_shows_retries_and_discards(capsys: pytest.CaptureFixture[str]) -> None:
    blue, red = failed(1, ValueError("too blue")), failed(2, KeyError("red"))
    call_command("jobs")
    listed = capsys.readouterr().out
    assert "interactive" in listed
    assert "1 of complete: ValueError" in listed
    call_command("jobs", "show", str(blue.pk))
    assert "too blue" in capsys.readouterr().out
    call_command("jobs", "retry", "--error", "ValueError")
    assert "1 sent again." in capsys.readouterr().out
    call_command("jobs", "discard", "--id", str(red.pk))
    assert "1 discarded." in capsys.readouterr().out
    call_command("jobs", "list")
    assert "No dead letters." in capsys.readouterr().out
    with pytest.raises(CommandError, match="no such dead letter"):
        call_command("jobs", "retry", "--all")


def test_depths_say_how_long_the_first_message_has_waited() -> None:
    dramatiq.get_broker().enqueue(
        dramatiq.Message(
            queue_name="bulk",
            actor_name="retire",
            args=(1,),
            kwargs={},
            options={},
            message_timestamp=1_000_000,
        )
    )
    (bulk,) = [depth for depth in queues.depths() if depth.queue == "bulk"]
    assert (bulk.ready, bulk.in_progress, bulk.delayed) == (1, 0, 0)
    assert bulk.oldest_seconds > 3600
