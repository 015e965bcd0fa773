"""A queue of the test's own."""

from collections.abc import Iterator

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker
from pytest_django import Settings

from config import broker as queueing
from photos.jobs.queues import INTERACTIVE
from tests.valkeys import Valkey, valkey


@pytest.fixture
def own() -> Iterator[Valkey]:
    """Run a Valkey that the test may freeze and kill."""
    with valkey() as server:
        yield server


@pytest.fixture
def broker(own: Valkey, settings: Settings) -> Iterator[RedisBroker]:
    """Return the broker of a process whose queue is that Valkey."""
    settings.QUEUE_URL = own.url
    before = dramatiq.get_broker()
    broker = queueing.declare()
    broker.declare_queue(INTERACTIVE)
    yield broker
    dramatiq.set_broker(before)
    broker.close()
