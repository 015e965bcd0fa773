"""Causal tokens in Dramatiq messages."""

from collections.abc import Iterator

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from sharding.consistency import causal, tokens
from sharding.consistency.messages import OPTION, CausalMessages
from tests.sharding.tree_model import Plant

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.usefixtures("tree_tables", "lagging_replicas"),
]


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    broker = StubBroker(middleware=[CausalMessages()])
    yield broker
    broker.close()


@pytest.fixture
def look(broker: StubBroker) -> dramatiq.Actor[[int], None]:
    @dramatiq.actor(broker=broker)
    def look(owner_id: int) -> None:
        reads.append((Plant.objects.of(owner_id).exists(), sorted(causal.current().aliases_used)))
        if owner_id < 0:
            raise ValueError("a bug")

    reads.clear()
    return look


reads: list[tuple[bool, list[str]]] = []


def _work(broker: StubBroker, message: dramatiq.Message[None]) -> None:
    """Do what a worker thread does with a message."""
    proxy = dramatiq.MessageProxy(message)
    broker.emit_before("process_message", proxy)
    try:
        broker.get_actor(message.actor_name)(*message.args)
    except ValueError as error:
        broker.emit_after("process_message", proxy, exception=error)
    else:
        broker.emit_after("process_message", proxy, result=None)


def test_the_worker_sees_what_the_sender_wrote(
    broker: StubBroker, look: dramatiq.Actor[[int], None], ben: int
) -> None:
    with causal.session():
        Plant.objects.create(owner_id=ben, name="fern")
        message = look.send(ben)
    assert tokens.load(message.options[OPTION]).keys() == {"shard1", tokens.MAP}
    _work(broker, message)
    assert reads == [(True, ["shard1"])]


def test_the_worker_has_the_token_of_the_sender(
    broker: StubBroker, look: dramatiq.Actor[[int], None], ben: int
) -> None:
    with causal.session({"shard1": 7}):
        message = look.send(ben)
    assert tokens.load(message.options[OPTION]) == {"shard1": 7}


def test_a_message_without_a_token_may_read_a_replica(
    broker: StubBroker, look: dramatiq.Actor[[int], None], ben: int
) -> None:
    message = look.send(ben)
    assert OPTION not in message.options
    _work(broker, message)
    assert reads == [(False, ["shard1_r1"])]


def test_a_message_sent_on_carries_the_first_senders_token_too(
    broker: StubBroker, look: dramatiq.Actor[[int], None], ann: int
) -> None:
    first = dramatiq.MessageProxy(
        look.message_with_options(args=(ann,), options={OPTION: tokens.dump({"shard1": 7})})
    )
    first.options[OPTION] = tokens.dump({"shard1": 7})
    broker.emit_before("process_message", first)
    Plant.objects.create(owner_id=ann, name="fern")
    second = look.send(ann)
    broker.emit_after("process_message", first, result=None)
    carried = tokens.load(second.options[OPTION])
    assert carried["shard1"] == 7
    assert carried["shard0"] > 7


def test_a_retry_keeps_the_token(broker: StubBroker, look: dramatiq.Actor[[int], None], ben: int) -> None:
    with causal.session({"shard1": 7}):
        message = look.send(ben)
    again = broker.enqueue(message)
    assert tokens.load(again.options[OPTION]) == {"shard1": 7}


@pytest.mark.parametrize("text", ["nonsense", "1.shard1:7"])
def test_a_token_that_is_broken_or_expired_is_ignored(
    broker: StubBroker, look: dramatiq.Actor[[int], None], ben: int, text: str
) -> None:
    message = look.message(ben)
    message.options[OPTION] = text
    _work(broker, message)
    assert reads == [(False, ["shard1_r1"])]


@pytest.mark.parametrize("end", ["process_message", "skip_message"])
def test_the_session_ends_with_the_message(
    broker: StubBroker, look: dramatiq.Actor[[int], None], end: str
) -> None:
    proxy = dramatiq.MessageProxy(look.message(1))
    broker.emit_before("process_message", proxy)
    assert causal.current().allows_replicas
    broker.emit_after(end, proxy)
    assert not causal.current().allows_replicas


def test_the_session_ends_also_when_the_actor_fails(
    broker: StubBroker, look: dramatiq.Actor[[int], None]
) -> None:
    message = look.message(-1)
    with pytest.raises(Exception, match="not an owner"):
        look(-1)
    _work(broker, message)
    assert not causal.current().allows_replicas
