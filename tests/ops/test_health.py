"""Probes answer even when their dependencies are broken."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dramatiq
import pytest
from django.test import Client
from dramatiq.brokers.stub import StubBroker
from pytest_django import Settings

from config import valkey as talking
from ops import dependencies, health

pytestmark = pytest.mark.django_db(databases="__all__")


def test_livez_touches_nothing_and_minds_no_host(client: Client) -> None:
    response = client.get("/livez", headers={"Host": "10.1.2.3"})
    assert response.json() == {"status": "alive", "pod": "test-1"}


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers; the fast tier has no other."""
    monkeypatch.setattr(dependencies, "ask_store", lambda: None)


@pytest.mark.usefixtures("well")
def test_readyz_names_every_dependency(client: Client) -> None:
    answer = client.get("/readyz").json()
    assert (answer["status"], set(answer["dependencies"].values())) == ("ready", {"ok"})
    assert set(answer["dependencies"]) == {
        "directory",
        "directory_r1",
        "shard0",
        "shard0_r1",
        "shard1",
        "shard1_r1",
        "valkey-default",
        "valkey-durable",
        "store",
    }


@pytest.mark.usefixtures("well")
def test_a_dependency_that_is_away_is_said_but_does_not_take_the_pod_out(
    client: Client, settings: Settings
) -> None:
    settings.CACHES = {**settings.CACHES, "durable": talking.cache("unix:///nowhere.sock")}
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["dependencies"]["valkey-durable"] == "ConnectionError"
    assert response.json()["dependencies"]["valkey-default"] == "ok"


def test_a_pod_that_drains_says_so_and_asks_no_server(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "states", lambda: {"store": "ok"})
    settings.DRAIN_FILE = tmp_path / "drain"
    assert client.get("/readyz").status_code == 200
    settings.DRAIN_FILE.touch()
    monkeypatch.delattr(dependencies, "states")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "draining")
    assert client.get("/livez").status_code == 200


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dramatiq.Worker]:
    """A worker with one thread and the heartbeat file `ready`."""
    monkeypatch.setattr(health, "TOUCH_SECONDS", 0.02)
    broker = StubBroker(middleware=[health.ReadyFile(tmp_path / "ready")])
    broker.declare_queue("media")
    worker = dramatiq.Worker(broker, worker_timeout=20, worker_threads=1)
    worker.start()
    yield worker
    worker.stop(1000)


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


def beats(path: Path) -> bool:
    """Return whether the file is touched again within 0.2 s."""
    before = path.stat().st_mtime_ns
    time.sleep(0.2)
    return path.stat().st_mtime_ns > before


def test_a_workers_file_is_touched_while_its_threads_live_and_gone_when_it_stops(
    worker: dramatiq.Worker, tmp_path: Path
) -> None:
    path = tmp_path / "ready"
    assert eventually(path.exists)
    assert beats(path)
    worker.stop(1000)
    assert eventually(lambda: not path.exists())
    time.sleep(0.1)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["consumer", "worker"])
def test_a_worker_that_lost_a_thread_lets_its_file_grow_old(
    kind: str, worker: dramatiq.Worker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ready"
    assert eventually(path.exists)
    lost = worker.consumers["media"] if kind == "consumer" else worker.workers[0]
    lost.stop()
    lost.join(5)
    assert eventually(lambda: "worker.broken" in caplog.text)
    assert not beats(path)


def test_a_heartbeat_touches_its_file_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ready"
    heart = health.FreshFile(path)
    heart.beat()
    path.unlink()
    heart.beat()
    assert not path.exists(), "not more often than need be"
    monkeypatch.setattr(health, "TOUCH_SECONDS", 0)
    heart.beat()
    assert path.exists()
    heart.stop()
    assert not path.exists()


def test_without_a_file_nothing_beats() -> None:
    heart = health.FreshFile(None)
    heart.beat()
    heart.stop()
