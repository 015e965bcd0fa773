"""The running topology of the tests that break it; started once."""

from collections.abc import Iterator

import pytest

from tests.ops.running import Running


@pytest.fixture(scope="session")
def own_topology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # A long path on purpose: sockets must find another place.
    topology = Running(tmp_path_factory.mktemp("own") / ("a-long-path-" * 8) / "var")
    topology.var.parent.mkdir()
    topology.start()
    yield topology
    assert topology.stop() == 0
    assert not (topology.var / "ready.json").exists()


@pytest.fixture
def running(own_topology: Running) -> Iterator[Running]:
    own_topology.wait_until_all_ready()
    yield own_topology
    own_topology.wait_until_all_ready()
