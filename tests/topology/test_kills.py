"""Every component but a primary is killed: no photo is lost or doubled, no user is signed out."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from sharding.rows import ids
from tests.topology import jpeg_factory
from tests.topology.http_member import Member, persistently
from tests.topology.running import Topology
from tests.topology.valkeys import flush

VICTIMS = (
    "web-1",
    "worker-1",
    "queue",
    "web-2",
    "s3",
    "cache",
    "edge",
    "worker-2",
    "shard0-replica",
    "scheduler",
)
PHOTOS = 30
READY_SECONDS = 150


def test_killing_the_pod_that_signed_you_in_changes_nothing(topology: Topology) -> None:
    member = Member(topology.site, "quinn")
    member.sign_up()
    for pod in ("web-1", "web-2"):
        topology.run("kill", pod)
        page = persistently(lambda: member.get("/"))
        assert "/accounts/logout/" in page.text
        topology.wait_until_ready(pod)


def test_uploads_survive_the_death_of_each_component(topology: Topology) -> None:
    member = Member(topology.site, "kay")
    member.sign_up()
    with ThreadPoolExecutor(4) as threads:
        uploads = [
            threads.submit(member.upload, jpeg_factory.jpeg(900, 600, seed=n), f"{n}.jpg")
            for n in range(PHOTOS)
        ]
        for victim in VICTIMS:
            topology.run("kill", victim)
            time.sleep(1)
        pids = [upload.result() for upload in uploads]
    assert len(set(pids)) == PHOTOS
    for victim in VICTIMS:
        topology.wait_until_ready(victim)
    wait_until_ready(member, pids)
    listed = re.findall(r'data-photo="(\w+)"', persistently(lambda: member.get("/@kay/")).text)
    assert sorted(listed) == sorted(pids), "none lost, none twice"
    assert [ids.decode(pid) for pid in listed] == sorted(map(ids.decode, pids), reverse=True)


def test_nothing_is_lost_when_both_valkeys_forget_everything(topology: Topology) -> None:
    member = Member(topology.site, "lea")
    member.sign_up()
    with ThreadPoolExecutor(4) as threads:
        uploads = [
            threads.submit(member.upload, jpeg_factory.jpeg(900, 600, seed=100 + n), f"{n}.jpg")
            for n in range(16)
        ]
        for _ in range(4):
            flush(topology)
            topology.run("kill", "worker-1")
            time.sleep(1)
        pids = [upload.result() for upload in uploads]
    flush(topology)
    wait_until_ready(member, pids)
    assert "/accounts/logout/" in persistently(lambda: member.get("/")).text, "the member is still signed in"
    topology.wait_until_ready("worker-1")


def wait_until_ready(member: Member, pids: list[str]) -> None:
    """Ask for the tiles, as the page does, until every one is a picture."""
    deadline = time.monotonic() + READY_SECONDS
    query = "&".join(f"id={pid}" for pid in pids)
    while True:
        page = persistently(lambda: member.get(f"/tiles/?{query}")).text
        ready = page.count('data-state="ready"')
        if ready == len(pids):
            return
        assert 'data-state="failed"' not in page, page
        assert time.monotonic() < deadline, f"{ready} of {len(pids)} photos are ready"
        time.sleep(1)
