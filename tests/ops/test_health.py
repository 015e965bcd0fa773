"""Probes answer whatever else is broken."""

import threading
import time
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings
from redis.exceptions import RedisError

from ops import health

pytestmark = pytest.mark.django_db(databases="__all__")


def test_livez_touches_nothing_and_minds_no_host(client: Client) -> None:
    response = client.get("/livez", headers={"Host": "10.1.2.3"})
    assert response.json() == {"status": "alive", "pod": "test-1"}


def test_readyz_names_every_dependency(client: Client) -> None:
    answer = client.get("/readyz").json()
    assert (answer["status"], set(answer["dependencies"].values())) == ("ready", {"ok"})
    assert set(answer["dependencies"]) == {
        "directory",
        "shard0",
        "shard1",
        "valkey-default",
        "valkey-durable",
    }


def test_a_dependency_that_is_away_is_said_but_does_not_take_the_pod_out(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(alias: str) -> None:
        if alias == "durable":
            raise RedisError

    monkeypatch.setattr(health, "_ask_valkey", away)
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["dependencies"]["valkey-durable"] == "RedisError"


def test_a_heartbeat_file_is_there_while_its_process_is_well(tmp_path: Path) -> None:
    path, stop = tmp_path / "ready", threading.Event()
    thread = threading.Thread(target=health.beat, args=(path, stop))
    thread.start()
    deadline = time.monotonic() + 5
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert path.exists()
    stop.set()
    thread.join(5)
    assert not path.exists()
