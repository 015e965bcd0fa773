"""What an operator and an accident may do to a running topology. It is our own: these tests break it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ops.topology.process import Identity

pytestmark = pytest.mark.topology
START_SECONDS = 120
BACK_SECONDS = 60


class Running:
    """A supervisor in a process of its own, and the command line upon it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        (self.var / "ready.json").unlink(missing_ok=True)  # of one that was killed
        argv = [sys.executable, "-m", "ops.topology", "up", "--var", str(self.var)]
        argv += ["--ports", "free", "--fast", "--workers", "1"]
        with (self.var.parent / "output").open("w") as output:
            self.process = subprocess.Popen(argv, stdout=output, stderr=output, text=True)
        deadline = time.monotonic() + START_SECONDS
        while not (self.var / "ready.json").exists():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def output(self) -> str:
        return (self.var.parent / "output").read_text()

    def facts(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "ready.json").read_text()))

    def ask(self, *arguments: str) -> str:
        argv = [sys.executable, "-m", "ops.topology", "--var", str(self.var), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=90, check=False)
        return done.stdout + done.stderr

    def status(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(self.ask("status", "--json"))}

    def wait_until_all_ready(self) -> dict[str, dict[str, Any]]:
        deadline = time.monotonic() + BACK_SECONDS
        while True:
            found = self.status()
            states = {name: each["state"] for name, each in found.items()}
            if set(states.values()) == {"ready"}:
                return found
            assert time.monotonic() < deadline, states
            time.sleep(0.1)

    def get(self, url: str = "") -> int:
        try:
            with urllib.request.urlopen(url or f"{self.facts()['url']}/livez", timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @contextmanager
    def visitors(self) -> Iterator[list[int]]:
        """Ask for a page again and again meanwhile; yields the statuses."""
        statuses: list[int] = []
        is_over = threading.Event()
        url = f"{self.facts()['url']}/livez"

        def visit() -> None:
            while not is_over.is_set():
                statuses.append(self.get(url))

        visitor = threading.Thread(target=visit)
        visitor.start()
        yield statuses
        is_over.set()
        visitor.join()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    # A long path on purpose: sockets must find another place.
    topology = Running(tmp_path_factory.mktemp("own") / ("a-long-path-" * 8) / "var")
    topology.var.parent.mkdir()
    topology.start()
    yield topology
    assert topology.stop() == 0
    assert not (topology.var / "ready.json").exists()


@pytest.fixture
def topology(started: Running) -> Iterator[Running]:
    started.wait_until_all_ready()
    yield started
    started.wait_until_all_ready()


def test_status_tells_everything_of_every_component(topology: Running) -> None:
    found = topology.status()
    assert set(found) == {
        "directory", "directory-replica", "shard0", "shard0-replica", "shard1", "shard1-replica",
        "cache", "queue", "s3", "edge", "web-1", "web-2", "worker-1", "scheduler",
    }  # fmt: skip
    assert set(found["edge"]) == {"name", "role", "state", "pid", "address", "uptime_seconds", "restarts"}
    assert found["edge"]["address"] == topology.facts()["url"]
    assert found["shard0-replica"]["role"] == "replica"


def test_everything_that_is_killed_at_once_comes_back(topology: Running) -> None:
    before = topology.status()
    for name in before:
        topology.ask("kill", name)
    after = topology.wait_until_all_ready()
    assert {name for name in before if before[name]["pid"] == after[name]["pid"]} == set()
    assert {name: after[name]["restarts"] - before[name]["restarts"] for name in before} == dict.fromkeys(
        before, 1
    )
    assert topology.get() == 200


def test_visitors_do_not_notice_a_restart_of_all_web_pods(topology: Running) -> None:
    with topology.visitors() as statuses:
        assert topology.ask("restart", "web") == "restarted: web-1, web-2\n"
    assert len(statuses) > 10
    assert set(statuses) == {200}


def test_visitors_do_not_notice_a_pod_that_is_killed(topology: Running) -> None:
    with topology.visitors() as statuses:
        topology.ask("kill", "web-1")
        topology.wait_until_all_ready()
    assert set(statuses) == {200}


def test_pods_can_be_added_and_taken_away(topology: Running) -> None:
    assert topology.ask("scale", "web=3", "workers=2") == "changed: +web-3, +worker-2\n"
    assert {"web-3", "worker-2"} <= set(topology.status())
    with topology.visitors() as statuses:
        assert topology.ask("scale", "web=1", "workers=1") == "changed: -web-2, -web-3, -worker-2\n"
    assert set(statuses) == {200}
    assert topology.ask("scale", "web=2") == "changed: +web-2\n"


def test_without_pods_visitors_see_a_page_that_waits(topology: Running) -> None:
    topology.ask("stop", "web")
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{topology.facts()['url']}/", data=b"a form", timeout=10)
        assert refused.value.code == 503
        assert refused.value.headers["Retry-After"] == "3"
        assert b"Back in a moment" in refused.value.read()
        refused.value.close()
    finally:
        topology.ask("start", "web")


def test_a_component_that_was_stopped_stays_away_until_it_is_started(topology: Running) -> None:
    assert topology.ask("stop", "shard1-replica") == "stopped: shard1-replica\n"
    time.sleep(0.5)
    assert topology.status()["shard1-replica"]["state"] == "stopped"
    assert topology.ask("start", "shard1-replica") == "started: shard1-replica\n"


def test_an_unknown_name_lists_the_names(topology: Running) -> None:
    assert "There are: directory, directory-replica" in topology.ask("start", "shard7")


def test_psql_reaches_primaries_and_replicas(topology: Running) -> None:
    asked = "select current_user, pg_is_in_recovery()"
    assert topology.ask("psql", "shard0", "--", "-XAtc", asked) == "tessera|f\n"
    assert topology.ask("psql", "shard0-replica", "--", "-XAtc", asked) == "tessera|t\n"


def test_a_second_start_is_refused_and_told_where_the_first_is(topology: Running) -> None:
    assert f"pid {topology.facts()['supervisor']}" in topology.ask("up", "--ports", "free")


def test_data_is_not_removed_while_it_runs(topology: Running) -> None:
    assert "already runs" in topology.ask("reset", "--yes")


def test_a_replica_that_lost_its_place_in_the_log_is_copied_anew(topology: Running) -> None:
    topology.ask("stop", "shard0-replica")
    drop = "select pg_drop_replication_slot('shard0_replica')"
    topology.ask("psql", "--superuser", "shard0", "--", "-XAtc", drop)
    topology.ask("start", "shard0-replica")
    streaming = "select count(*) from pg_stat_replication"
    deadline = time.monotonic() + 20
    while topology.ask("psql", "shard0", "--", "-XAtc", streaming) != "1\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_does_not_clean(topology: Running) -> None:
    topology.ask("psql", "shard0", "--", "-Xc", "create table if not exists kept as select 42 as answer")
    facts = topology.facts()
    os.kill(topology.status()["web-1"]["pid"], signal.SIGSTOP)  # one that cannot hear that its parent died
    assert topology.process
    topology.process.kill()
    topology.process.wait()
    topology.start()
    assert {name for name, pid in facts["pids"].items() if Identity.of(pid)} == set()
    assert topology.facts()["url"] == facts["url"]
    assert topology.ask("psql", "shard0", "--", "-XAtc", "table kept") == "42\n"
    topology.ask("psql", "shard0", "--", "-Xc", "drop table kept")
