"""Senders do not wait for a queue that does not answer; workers do, for a short time."""

import time

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker

from config import broker as queueing
from config import valkey as talking
from photos.jobs.queues import INTERACTIVE
from tests.valkeys import Valkey


def message() -> dramatiq.Message[None]:
    return dramatiq.Message(queue_name=INTERACTIVE, actor_name="nobody", args=(), kwargs={}, options={})


def test_sending_to_a_frozen_queue_fails_soon_and_then_at_once(broker: RedisBroker, own: Valkey) -> None:
    broker.enqueue(message())
    own.freeze()
    taken = []
    for _ in range(20):
        started = time.monotonic()
        with pytest.raises(redis.RedisError):
            broker.enqueue(message())
        taken.append(time.monotonic() - started)
    assert queueing.SEND_SECONDS * 0.9 < taken[0] < queueing.SEND_SECONDS + 0.5
    assert sum(taken[1:]) < 0.2


def test_sending_goes_on_when_the_queue_does(
    broker: RedisBroker, own: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "AWAY_SECONDS", 0.1)
    own.kill()
    with pytest.raises(redis.ConnectionError):
        broker.enqueue(message())
    own.start()
    time.sleep(0.15)
    broker.enqueue(message())
    assert broker.do_qsize(INTERACTIVE) == 1


def test_a_worker_waits_longer_and_asks_every_time(broker: RedisBroker, own: Valkey) -> None:
    broker.enqueue(message())
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    broker.emit_before("worker_boot", worker)
    pool = broker.client.connection_pool
    connection = pool.get_connection()
    pool.release(connection)
    assert connection.socket_timeout == queueing.WORK_SECONDS
    assert not isinstance(connection.retry, talking.Breaker)
    own.kill()
    for _ in range(2):
        with pytest.raises(redis.ConnectionError, match=r"connect|refused|No such file"):
            broker.enqueue(message())
