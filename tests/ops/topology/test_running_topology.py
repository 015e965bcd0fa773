"""A running site under the commands of an operator, and under accidents."""

import json
import os
import signal
import time
import urllib.error
import urllib.request

import pytest

from ops.topology.machine.process import Identity
from tests.ops.topology.running import Running

pytestmark = pytest.mark.topology


def test_status_lists_every_component_with_its_facts(running: Running) -> None:
    status = running.status()
    assert set(status) == {
        "directory", "directory-replica", "shard0", "shard0-replica", "shard1", "shard1-replica",
        "cache", "queue", "s3", "edge", "web-1", "web-2", "worker-1", "scheduler",
    }  # fmt: skip
    assert set(status["edge"]) == {
        "name",
        "role",
        "state",
        "pid",
        "address",
        "uptime_seconds",
        "restarts",
        "databases",
    }
    assert status["edge"]["address"] == running.facts()["url"]
    assert status["shard0-replica"]["role"] == "replica"


def test_everything_that_is_killed_at_once_comes_back(running: Running) -> None:
    before = running.status()
    for name in before:
        running.ask("kill", name)
    after = running.wait_until_all_ready()
    assert {name for name in before if before[name]["pid"] == after[name]["pid"]} == set()
    assert {name: after[name]["restarts"] - before[name]["restarts"] for name in before} == dict.fromkeys(
        before, 1
    )
    assert running.get() == 200


def test_visitors_do_not_notice_a_restart_of_all_web_pods(running: Running) -> None:
    with running.visitors() as statuses:
        assert running.ask("restart", "web") == "restarted: web-1, web-2\n"
    assert len(statuses) > 10
    assert set(statuses) == {200}


def test_several_roles_are_restarted_at_once(running: Running) -> None:
    assert running.ask("restart", "worker", "scheduler") == "restarted: worker-1, scheduler\n"


def test_pods_are_not_restarted_before_their_migrations_have_run(running: Running) -> None:
    hide = (
        "update django_migrations set name = '-' || name"
        " where id = (select max(id) from django_migrations where app = 'accounts')"
    )
    running.ask("psql", "shard1", "--", "-Xc", hide)
    try:
        with running.visitors() as statuses:
            said = running.ask("restart", "web")
        assert "have not run on shard1" in said, said
        assert "topology restart provision" in said
        assert set(statuses) == {200}
        assert "have not run on shard1" in running.ask("scale", "web=3")
        before = running.status()["web-2"]["restarts"]
        running.ask("kill", "web-2")
        running.wait_until(lambda status: status["web-2"]["restarts"] > before)
        running.wait_until(lambda _: "schema.behind" in running.ask("logs", "web-2"))  # /readyz was asked
        assert running.status()["web-2"]["state"] == "starting", "it answers /readyz with 503"
    finally:
        show = "update django_migrations set name = substr(name, 2) where name like '-%'"
        running.ask("psql", "shard1", "--", "-Xc", show)
    running.wait_until_all_ready()


def test_visitors_do_not_notice_a_pod_that_is_killed(running: Running) -> None:
    with running.visitors() as statuses:
        running.ask("kill", "web-1")
        running.wait_until_all_ready()
    assert set(statuses) == {200}


def test_pods_can_be_added_and_taken_away(running: Running) -> None:
    assert running.ask("scale", "web=3", "workers=2") == "changed: +web-3, +worker-2\n"
    assert {"web-3", "worker-2"} <= set(running.status())
    with running.visitors() as statuses:
        assert running.ask("scale", "web=1", "workers=1") == "changed: -web-2, -web-3, -worker-2\n"
    assert set(statuses) == {200}
    kept = json.loads((running.var / "shape.json").read_text())["pods"]
    assert kept == {"web": 1, "workers": 1}, "the next start has as many"
    assert running.ask("scale", "web=2") == "changed: +web-2\n"


def test_without_pods_visitors_see_a_page_that_waits(running: Running) -> None:
    running.ask("stop", "web")
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{running.facts()['url']}/", data=b"a form", timeout=10)
        assert refused.value.code == 503
        assert refused.value.headers["Retry-After"] == "3"
        assert b"Back in a moment" in refused.value.read()
        refused.value.close()
    finally:
        running.ask("start", "web")


def test_a_component_that_was_stopped_stays_away_until_it_is_started(running: Running) -> None:
    assert running.ask("stop", "shard1-replica") == "stopped: shard1-replica\n"
    time.sleep(0.5)
    assert running.status()["shard1-replica"]["state"] == "stopped"
    assert running.ask("start", "shard1-replica") == "started: shard1-replica\n"


def test_an_unknown_name_lists_the_names(running: Running) -> None:
    assert "There are: directory, directory-replica" in running.ask("start", "shard7")


def test_psql_reaches_primaries_and_replicas(running: Running) -> None:
    query = "select current_user, pg_is_in_recovery()"
    assert running.ask("psql", "shard0", "--", "-XAtc", query) == "tessera|f\n"
    assert running.ask("psql", "shard0-replica", "--", "-XAtc", query) == "tessera|t\n"


def test_a_second_start_is_refused_with_the_pid_of_the_first(running: Running) -> None:
    assert f"pid {running.facts()['supervisor']}" in running.ask("up", "--ports", "free")


def test_data_is_not_removed_while_it_runs(running: Running) -> None:
    assert "already runs" in running.ask("reset", "--yes")


def test_a_replica_comes_back_while_its_primary_is_away(running: Running) -> None:
    before = running.status()["shard1-replica"]["restarts"]
    running.ask("stop", "shard1")
    try:
        running.ask("kill", "shard1-replica")
        running.wait_until(lambda status: status["shard1-replica"]["restarts"] > before)
        running.wait_until(lambda status: status["shard1-replica"]["state"] == "ready")
        assert running.ask("psql", "shard1-replica", "--", "-XAtc", "select 1") == "1\n"
    finally:
        running.ask("start", "shard1")


def test_a_replica_that_lost_its_place_in_the_log_is_copied_anew(running: Running) -> None:
    running.ask("stop", "shard0-replica")
    drop = "select pg_drop_replication_slot('shard0_replica')"
    running.ask("psql", "--superuser", "shard0", "--", "-XAtc", drop)
    running.ask("start", "shard0-replica")
    streaming = "select count(*) from pg_stat_replication"
    deadline = time.monotonic() + 20
    while running.ask("psql", "shard0", "--", "-XAtc", streaming) != "1\n":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_does_not_clean(running: Running) -> None:
    # In a schema of its own: a start refuses shards whose own schemas differ.
    create = "create schema if not exists ours; create table if not exists ours.kept as select 42 as answer"
    running.ask("psql", "shard0", "--", "-Xc", create)
    facts = running.facts()
    os.kill(running.status()["web-1"]["pid"], signal.SIGSTOP)  # one that cannot hear that its parent died
    assert running.process
    running.process.kill()
    running.process.wait()
    running.start()
    assert {name for name, pid in facts["pids"].items() if Identity.find(pid)} == set()
    assert running.facts()["url"] == facts["url"]
    assert running.ask("psql", "shard0", "--", "-XAtc", "table ours.kept") == "42\n"
    running.ask("psql", "shard0", "--", "-Xc", "drop schema ours cascade")
