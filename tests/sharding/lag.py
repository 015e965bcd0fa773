"""Simulated lag: within a test's transaction a mirrored replica never sees what the test wrote."""

import pytest
from pytest_django import Settings

from sharding.connections import replicas


@pytest.fixture
def lagging_replicas(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from replicas that have never caught up with anything.

    A reader without a token is answered by a replica that has nothing of this test; a reader with a token by the
    primary. A read that should be causal and is not therefore fails visibly: 404, an empty list."""

    def choose(primary: str, lsn: int) -> str | None:
        return settings.REPLICAS[primary][0] if lsn == 0 else None

    settings.READ_FROM_REPLICAS = True
    monkeypatch.setattr(replicas, "choose", choose)
