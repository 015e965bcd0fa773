"""The site that tests may break; started once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.topology.machine.layout import Layout
from tests.ops.topology.running import Running


@pytest.fixture(autouse=True)
def _no_folders_left_in_tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Remove the sockets of sites with a long path, which lie outside of the test's own folder."""
    made: list[Path] = []
    make = Layout.make

    def noted(layout: Layout) -> None:
        made.append(layout.run)
        make(layout)

    monkeypatch.setattr(Layout, "make", noted)
    yield
    for run in made:
        shutil.rmtree(run, ignore_errors=True)


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
