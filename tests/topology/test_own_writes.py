"""With every replica frozen, users still see their own writes."""

import re
import time
from collections.abc import Iterator

import pytest

from tests.topology import jpeg_factory
from tests.topology.http_member import Member
from tests.topology.running import Topology
from tests.topology.test_kills import wait_until_ready

REPLICAS = ("directory-replica", "shard0-replica", "shard1-replica")


@pytest.fixture
def frozen_replicas(topology: Topology) -> Iterator[None]:
    """Replicas that receive but do not replay, until the test ends."""
    for name in REPLICAS:
        replay(topology, name, "pause")
    yield
    for name in REPLICAS:
        replay(topology, name, "resume")


def replay(topology: Topology, name: str, verb: str) -> None:
    """Pause or resume the replay of one replica."""
    topology.run("psql", name, "--superuser", "--", "-c", f"SELECT pg_wal_replay_{verb}()")


def test_no_user_misses_an_own_write_on_frozen_replicas(topology: Topology, frozen_replicas: None) -> None:
    fran, gus = Member(topology.site, "fran"), Member(topology.site, "gus")
    fran.sign_up()
    gus.sign_up()
    pid = fran.upload(jpeg_factory.jpeg(900, 600, seed=81))
    wait_until_ready(fran, [pid])
    assert pid in fran.get("/@fran/").text, "the uploader sees the photo"
    assert fran.get(f"/p/{pid}/").status == 200
    followed = gus.post_form("/@fran/follow/", {"following": "1"})
    assert re.search(r'name="following" value="0"', followed.text), "the follower sees that they follow"
    again = gus.get("/@fran/")
    assert re.search(r'name="following" value="0"', again.text)


def test_a_replica_that_has_caught_up_is_read_from_again(topology: Topology) -> None:
    owner, reader = Member(topology.site, "gwen"), Member(topology.site, "rita")
    owner.sign_up()
    while reader.get("/@gwen/").status != 200:  # a stranger may be a moment behind
        time.sleep(0.1)
    for _ in range(30):
        assert reader.get("/@gwen/").status == 200
    requests = [
        line for line in topology.logged("web-*", reader.request_ids) if line.get("event") == "request"
    ]
    used = [set(line["aliases"]) for line in requests]
    assert sum(bool(aliases & {"shard0_r1", "shard1_r1"}) for aliases in used) > len(used) / 2
