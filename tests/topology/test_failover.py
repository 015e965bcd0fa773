"""A primary dies, freezes or is replaced: readers go on, writers get a 503, no acknowledged write is lost."""

import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from ops.topology.machine.process import processes_in
from sharding.rows import ids
from tests.objects import put
from tests.topology import jpeg_factory
from tests.topology.faults import eventually, frozen, timed
from tests.topology.http_member import Member, Unavailable, persistently
from tests.topology.ledger import Writers
from tests.topology.ledger import primary_url as writing_url
from tests.topology.running import Topology, folder, running_on, started
from tests.topology.test_kills import wait_until_ready

pytestmark = pytest.mark.topology

WRITE_SECONDS = 3.5  # within which a writer gets its 503
READ_SECONDS = 3.0


@pytest.fixture(scope="module")
def site() -> Iterator[Topology]:
    """A site that acknowledges no commit before a replica has it; the tests change its primaries."""
    # Two web pods: after a promotion they restart one after the other, and one must answer meanwhile.
    with started("--synchronous", "--web", "2", "--workers", "1") as running:
        yield running


@pytest.fixture(scope="module")
def members(site: Topology) -> dict[str, Member]:
    """One member on each shard, with a photo that is ready."""
    by_shard: dict[str, Member] = {}
    number = 0
    for name in site.status():  # an earlier test may have left one restarting
        site.wait_until_ready(name)
    while len(by_shard) < 2:
        number += 1
        member = Member(site.site, f"fay{number}")
        member.sign_up()
        pid = member.upload(jpeg_factory.jpeg(400, 300, seed=700 + number))
        shard = f"shard{ids.bucket_of(ids.decode(pid)) % 2}"  # as a new bucket map interleaves them
        if shard not in by_shard:
            wait_until_ready(member, [pid])
            by_shard[shard] = member
    return by_shard


def offered(member: Member, body: bytes) -> dict[str, Any]:
    """Announce a photo and put its bytes, so that only `finish` is missing."""
    sha256 = hashlib.sha256(body).hexdigest()
    file = {
        "name": "a.jpg",
        "size": len(body),
        "type": "image/jpeg",
        "sha256": sha256,
        "visibility": "public",
    }
    (offer,) = member.post_json("/api/uploads/", {"files": [file]}).json()["uploads"]
    assert put(offer["url"], offer["headers"], body) == 200
    return dict(offer)


def finish(member: Member, offer: dict[str, Any]) -> str:
    return str(member.post_json("/api/uploads/finish/", {"ticket": offer["ticket"]}).json()["pid"])


def roles(site: Topology, group: str) -> dict[str, str]:
    """Return {"primary": server, "replica": server} of a group of two, once its last promotion is over."""
    eventually(lambda: not last_report_of(site, group).count("is fenced"), 60)
    status = site.status()
    assert {status[name]["state"] for name in (group, f"{group}-replica")} <= {"ready", "frozen"}, status
    return {status[name]["role"]: name for name in (group, f"{group}-replica")}


def wait_for_replica(site: Topology, name: str) -> None:
    """Wait until a former primary is back."""
    eventually(lambda: f"{name} is back as a replica" in reports_since_fencing(site, name), 60)
    assert site.status()[name]["role"] == "replica"


def last_report_of(site: Topology, group: str) -> str:
    """Return the supervisor's last report about a group: a primary is fenced, or the pods know the new roles."""
    lines = (site.var / "up.txt").read_text().splitlines()
    return next((line for line in reversed(lines) if f"  {group}: " in line), "")


def reports_since_fencing(site: Topology, name: str) -> str:
    return (site.var / "up.txt").read_text().rpartition(f"{name} is fenced")[2]


def test_a_frozen_shard_is_read_promoted_and_written_again(
    site: Topology, members: dict[str, Member]
) -> None:
    owner, other = members["shard1"], members["shard0"]
    before = roles(site, "shard1")
    offer = offered(owner, jpeg_factory.jpeg(500, 300, seed=71))
    log = site.var / "log" / f"{before['primary']}.log"
    logged_before = log.stat().st_size
    with frozen(site, before["primary"]) as pids, ThreadPoolExecutor(3) as threads:
        refusal = threads.submit(lambda: timed(lambda: refused(owner, offer)))
        readers = [threads.submit(read_for, member, 4) for member in (owner, other)]
        assert refusal.result().seconds < WRITE_SECONDS
        slowest = [max(reader.result()) for reader in readers]
        assert slowest[0] < READ_SECONDS
        assert slowest[1] < 1.0, "the other shard notices nothing"
        took = [timed(lambda: refused(owner, offer)).seconds for _ in range(4)]
        # Each of the two pods has to find out once, and readers need not have told the other.
        assert sorted(took)[-2] < 0.5, "a pod that knows answers at once"
        assert site.status()[before["primary"]]["state"] == "frozen"
        assert timed(lambda: site.run("promote", "shard1")).seconds < 8
        folder = site.var / "postgres" / before["primary"]
        assert not set(pids) & set(processes_in(folder)), "no zombie is left"
    pid = persistently(lambda: finish(owner, offer), 5)
    wait_until_ready(owner, [pid])
    wait_for_replica(site, before["primary"])
    assert roles(site, "shard1") == {"primary": before["replica"], "replica": before["primary"]}
    assert b"copied anew" not in log.read_bytes()[logged_before:], "it was rewound"


def refused(member: Member, offer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="503"):
        finish(member, offer)


def read_for(member: Member, seconds: float) -> list[float]:
    """Read the member's own profile again and again; returns the seconds of each request."""
    until, took = time.monotonic() + seconds, []
    while time.monotonic() < until:
        answer = timed(lambda: member.get(f"/@{member.username}/").text)
        assert "data-photo=" in str(answer.value)
        took.append(answer.seconds)
    return took


def test_a_former_primary_takes_no_writes_and_may_be_promoted_again(site: Topology) -> None:
    before = roles(site, "shard1")
    site.run("promote", "shard1")
    wait_for_replica(site, before["primary"])
    with pytest.raises(CalledProcessError) as refusal:
        site.run("psql", before["primary"], "--superuser", "--", "-c", "CREATE TABLE zombie ()")
    assert "read-only transaction" in refusal.value.stderr
    number = "1" if before["replica"].endswith("-replica") else "0"
    with pytest.raises(CalledProcessError) as refusal:
        site.run("promote", "shard1", "--replica", number)
    assert "is the primary of shard1 already" in refusal.value.stderr
    site.run("promote", "shard1")
    wait_for_replica(site, before["replica"])
    assert roles(site, "shard1") == before


def test_no_acknowledged_write_is_lost_when_a_primary_is_killed_and_replaced(
    site: Topology, tmp_path: Path
) -> None:
    before = roles(site, "shard0")
    writers = Writers(writing_url(site, "shard0"), tmp_path / "books")
    writers.start()
    time.sleep(2)
    killed_at = time.monotonic()
    site.run("kill", before["primary"])
    site.run("promote", "shard0")
    promoted_at = time.monotonic()
    eventually(lambda: writers.first_after(promoted_at), 15)
    time.sleep(1)
    writers.stop()
    went_on = writers.first_after(promoted_at)
    assert went_on is not None
    assert promoted_at + went_on - killed_at < 10
    assert len(writers.acknowledged()) > 200
    assert writers.lost() == set()
    wait_for_replica(site, before["primary"])


def test_the_directory_too_and_who_is_signed_in_goes_on_reading(
    site: Topology, members: dict[str, Member]
) -> None:
    before, member = roles(site, "directory"), members["shard0"]
    site.run("stop", before["primary"])
    for path in ("/", f"/@{member.username}/"):
        assert "/accounts/logout/" in persistently(partial(member.get, path), 3).text
    with pytest.raises(Unavailable, match="503"):
        Member(site.site, "gil").sign_up()
    site.run("promote", "directory")
    persistently(Member(site.site, "gil").sign_up, 5)
    wait_for_replica(site, before["primary"])


def test_a_supervisor_that_died_in_the_middle_of_a_promotion_ends_it() -> None:
    few = ("--web", "0", "--workers", "0")
    with folder() as var:
        with running_on(var, "--single", "--replicas", "1", *few) as first:
            assert roles(first, "directory") == {"primary": "directory", "replica": "directory-replica"}
        # The decision of a promotion that was not carried out.
        facts = json.loads((var / "shape.json").read_text())
        facts["groups"][0] |= {"primary": "directory-replica", "fenced": ["directory"]}
        (var / "shape.json").write_text(json.dumps(facts))
        with running_on(var, *few) as again:
            assert roles(again, "directory") == {"primary": "directory-replica", "replica": "directory"}
            again.run("psql", "directory-replica", "--", "-c", "CREATE TABLE written (id bigint)")
            eventually(lambda: "written" in again.run("psql", "directory", "--", "-c", r"\dt"), 5)
