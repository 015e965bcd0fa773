"""The metrics: their text, their file, and who may read them."""

import time
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from ops import metrics

pytestmark = pytest.mark.django_db(databases="__all__")


def test_the_text_is_what_a_scraper_understands() -> None:
    metrics.count_reads({("shard0", "shard0_r1", "replica"): 3})
    families = {family.name: family for family in text_string_to_metric_families(metrics.text().decode())}
    assert all(name.startswith("tessera_") for name in families)
    samples = [s for s in families["tessera_db_reads"].samples if s.labels.get("server") == "shard0_r1"]
    assert sum(sample.value for sample in samples if sample.name.endswith("_total")) >= 3


def test_this_machine_may_read_it(client: Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert b"tessera_db_reads_total" in answer.content


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({}, "10.1.2.3"),
        ({"Authorization": "Bearer "}, "10.1.2.3"),
    ],
)
def test_others_need_the_token(
    client: Client, settings: Settings, headers: dict[str, str], address: str
) -> None:
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == 404
    settings.METRICS_TOKEN = "secret"
    wrong = client.get("/metrics", headers=headers | {"Authorization": "Bearer secre"}, REMOTE_ADDR=address)
    assert wrong.status_code == 404
    right = client.get("/metrics", headers=headers | {"Authorization": "Bearer secret"}, REMOTE_ADDR=address)
    assert right.status_code == 200


def test_a_file_is_written_until_the_stop_and_once_more_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "WRITE_SECONDS", 0.01)
    path = tmp_path / "worker-1.prom"
    writer = metrics.Writer(path)
    writer.start()
    deadline = time.monotonic() + 5
    while not path.exists():
        assert time.monotonic() < deadline
    metrics.count_write("of_the_end")
    writer.stop()
    assert "of_the_end" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_file_nothing_is_written() -> None:
    writer = metrics.Writer(None)
    writer.start()
    writer.stop()
