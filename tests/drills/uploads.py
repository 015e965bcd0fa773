"""`make drill`: a thousand uploads while workers are killed every five seconds and both Valkeys forget everything.

Starts a topology of its own. Ends well when all photos are ready, none is there twice, every file that a photo is shown
by is in the store with its checksum, and the quota is exactly the sum of the originals. `PHOTOS=200` makes it shorter.
"""

import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.topology import jpeg_factory
from tests.topology.http_member import Member, persistently
from tests.topology.running import Topology, started
from tests.topology.valkeys import flush

PHOTOS = int(os.environ.get("PHOTOS", "1000"))
KILL_SECONDS, FLUSH_SECONDS, PATIENCE_SECONDS = 5, 20, 1800
CHECK = """
from photos.models import Photo, Rendition, StorageAccount
from photos.files import s3
from sharding.consistency import causal
from sharding.rows import ids
from accounts.models import User
with causal.pin():
    owner = User.objects.get(username='drill')
    photos = list(Photo.objects.of(owner.pk))
    rows = Rendition.objects.in_bucket(ids.bucket_for_owner(owner.pk)).filter(photo_id__in=[p.pk for p in photos])
    stored = {row: s3.stat(row.key) for row in rows}
    bad = sum((stat.bytes, stat.sha256) != (row.bytes, row.sha256) for row, stat in stored.items())
    used = StorageAccount.objects.of(owner.pk).get().used_bytes
    states = {state: sum(photo.state == state for photo in photos) for state in {photo.state for photo in photos}}
    print(states, 'files', len(stored), 'bad', bad, 'drift', used - sum(photo.original_bytes for photo in photos))
"""


def main() -> int:
    """Run the drill; return 0 when nothing was lost, doubled or broken."""
    with started() as topology:
        member = Member(topology.site, "drill")
        member.sign_up()
        began = time.monotonic()
        with troubled(topology) as troubles:
            pids = upload_all(member)
            uploaded = time.monotonic() - began
            ready = wait(member, pids)
        seconds = time.monotonic() - began
        verdict = topology.manage("shell", "-v0", "-c", CHECK).strip()
        print(
            f"{len(set(pids))} photos of {PHOTOS} uploaded in {uploaded:.0f} s, {ready} ready after {seconds:.0f} s"
        )
        print(f"meanwhile: {troubles['kills']} workers killed, Valkeys emptied {troubles['flushes']} times")
        print(verdict)
        is_good = ready == len(set(pids)) == PHOTOS and f"{{'ready': {PHOTOS}}}" in verdict
        is_good = is_good and "bad 0 drift 0" in verdict
        print("Nothing was lost." if is_good else "SOMETHING WAS LOST.")
        return 0 if is_good else 1


def upload_all(member: Member) -> list[str]:
    """Upload every photo, eight at a time, printing the progress."""
    pids = []
    with ThreadPoolExecutor(8) as threads:
        bodies = (jpeg_factory.jpeg(1200, 800, seed=n, mark=n) for n in range(PHOTOS))
        for count, pid in enumerate(threads.map(lambda body: member.upload(body, seconds=300), bodies), 1):
            pids.append(pid)
            if count % 50 == 0:
                print(f"  {count} uploaded", flush=True)
    return pids


def wait(member: Member, pids: list[str]) -> int:
    """Ask for the tiles until all are ready or PATIENCE_SECONDS have passed; return how many are ready."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting, printed_at = list(pids), 0.0
    while waiting and time.monotonic() < deadline:
        ready = {pid for batch in list(_batches(waiting)) for pid in ready_of(member, batch)}
        waiting = [pid for pid in waiting if pid not in ready]
        if time.monotonic() - printed_at > 10:
            printed_at = time.monotonic()
            print(f"  {len(pids) - len(waiting)} ready", flush=True)
        time.sleep(1)
    return len(pids) - len(waiting)


def ready_of(member: Member, pids: list[str]) -> list[str]:
    """Return those of at most a hundred photos that are ready."""
    query = "&".join(f"id={pid}" for pid in pids)
    page = persistently(lambda: member.get(f"/tiles/?{query}"), seconds=300).text
    return [pid for pid in pids if f'data-photo="{pid}" data-state="ready"' in page]


def _batches(pids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(pids), 100):
        yield pids[start : start + 100]


@contextmanager
def troubled(topology: Topology) -> Iterator[dict[str, int]]:
    """Kill workers in turn and empty the Valkeys while the block runs."""
    counts, stop = {"kills": 0, "flushes": 0}, threading.Event()

    def trouble() -> None:
        victims, flushed = itertools.cycle(["worker-1", "worker-2"]), time.monotonic()
        while not stop.wait(KILL_SECONDS):
            topology.run("kill", next(victims))
            counts["kills"] += 1
            if time.monotonic() - flushed > FLUSH_SECONDS:
                flush(topology)
                counts["flushes"] += 1
                flushed = time.monotonic()

    thread = threading.Thread(target=trouble)
    thread.start()
    try:
        yield counts
    finally:
        stop.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
