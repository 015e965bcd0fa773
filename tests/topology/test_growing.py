"""The same code on one server, then with a replica, then with shards: only the environment differs."""

import pytest

from tests.topology import jpeg_factory
from tests.topology.http_member import Member
from tests.topology.running import Topology, folder, running_on
from tests.topology.test_kills import wait_until_ready

pytestmark = pytest.mark.topology

PODS = ("--web", "1", "--workers", "1")


def use(site: Topology, username: str) -> None:
    """Sign up, upload a photo, see it ready."""
    member = Member(site.site, username)
    member.sign_up()
    wait_until_ready(member, [member.upload(jpeg_factory.jpeg(400, 300, seed=len(username)))])


def servers(site: Topology) -> list[str]:
    return [name for name, each in site.status().items() if each["role"] in {"primary", "replica"}]


def aliases(site: Topology) -> set[str]:
    """Return the aliases of the databases that requests have read."""
    requests = [line for line in site.logged("web-*") if line.get("event") == "request"]
    return {alias for line in requests for alias in line["aliases"]}


def test_one_server_gets_a_replica_and_then_a_shard_and_keeps_its_photos() -> None:
    with folder() as var:
        with running_on(var, "--single", *PODS) as site:
            assert servers(site) == ["directory"]
            use(site, "una")
            assert aliases(site) == {"default", "shard0"}
        with running_on(var, "--replicas", "1", *PODS) as site:
            assert servers(site) == ["directory", "directory-replica"]
            use(site, "duo")
            assert_shown(site, "una")
            assert {"default_r1", "shard0_r1"} <= aliases(site)
            output = site.run("add", "shard1")
            assert "added: shard1, shard1-replica" in output
            assert "rebalance --plan" in output
            assert servers(site) == ["directory", "directory-replica", "shard1", "shard1-replica"]
            assert "shard1: has no buckets yet" in site.manage("migrate_all")
            assert "shard1: ok" in dependencies(site)
            use(site, "tria")
            assert_shown(site, "una")


def assert_shown(site: Topology, username: str) -> None:
    """Assert that the profile still shows its photo."""
    assert Member(site.site, "visitor").get(f"/@{username}/").text.count("data-photo=") == 1


def dependencies(site: Topology) -> list[str]:
    """Return the states of the databases that a pod reports."""
    answer = Member(site.site, "prober").get("/readyz").json()
    return [f"{name}: {state}" for name, state in answer["dependencies"].items()]
