"""`make drill`: ten thousand looks by users who have just written, while all replicas are frozen again and again.

Starts a topology of its own. First owners, followers, likers, commenters, people with settings, people with two devices
and users with a notification look at what was done while no replica replays. Then the replicas are healthy, a tenth of
the requests write, and the pods and the database servers count which server answered each read. Ends well when no
look was stale or a 404, and when at least nine tenths of the reads were on replicas by both counts.
`LOOKS=600 REQUESTS=500` makes it shorter."""

import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.topology import serving
from tests.topology.browser import Couple
from tests.topology.http_member import Member
from tests.topology.running import Topology, started
from tests.topology.serving import Served
from tests.topology.test_notifications import BETWEEN_SECONDS, FROZEN_SECONDS, Ledger, frozen

LOOKS = int(os.environ.get("LOOKS", "10000"))
REQUESTS = int(os.environ.get("REQUESTS", "5000"))
T = TypeVar("T")

COUPLES, WRITES_SHARE, LEAST_ON_REPLICAS = 4, 0.10, 0.90


def main() -> int:
    """Run the drill; return 0 when everything held."""
    with started() as topology:
        ledger = Ledger()
        couples = [Couple(topology, number, ledger) for number in range(COUPLES)]
        began = time.monotonic()
        look_while_frozen(topology, couples, LOOKS)
        stranger_looks, stranger_misses = (
            sum(each.stranger_looks for each in couples),
            sum(each.stranger_misses for each in couples),
        )
        print(
            f"{ledger.looks} looks on frozen replicas in {time.monotonic() - began:.0f} s: {len(ledger.stale)} stale"
        )
        print(f"  visitors without a token saw an older state in {stranger_misses} of {stranger_looks} looks")
        for line in ledger.stale[:20]:
            print(f"  {line}")
        counted = load(topology, couples, REQUESTS)
        print(f"{REQUESTS} requests, {WRITES_SHARE:.0%} of them writes, on healthy replicas:")
        print("\n".join(counted.lines()))
        shares = counted.share_by_pods, counted.share_by_servers
        print(f"  on replicas: {shares[0]:.1%} by the pods, {shares[1]:.1%} by the servers")
        is_good = not ledger.stale and stranger_misses > 0 and min(shares) >= LEAST_ON_REPLICAS
        print("The promise held." if is_good else "THE PROMISE DID NOT HOLD.")
        return 0 if is_good else 1


def look_while_frozen(topology: Topology, couples: list[Couple], looks: int) -> None:
    """Let the couples write and look until `looks` is reached, in windows in which no replica replays."""
    ledger = couples[0].ledger
    while ledger.looks < looks:
        with frozen(topology):
            until = time.monotonic() + FROZEN_SECONDS

            def play(couple: Couple, until: float = until) -> None:
                while time.monotonic() < until and ledger.looks < looks:
                    couple.play()

            all_at_once(play, couples)
        if ledger.looks < looks:
            time.sleep(BETWEEN_SECONDS)


def load(topology: Topology, couples: list[Couple], requests: int) -> Served:
    """Request pages, with writes as a tenth of the requests; return which servers answered the reads."""
    serving.prepare(topology)
    time.sleep(BETWEEN_SECONDS)  # until dropped replicas are read from again
    warm = [Browsing(couple, couples) for couple in couples]
    all_at_once(lambda each: each.run(10), warm)
    before = serving.served(topology)
    all_at_once(lambda each: each.run(requests // len(warm)), warm)
    return serving.served(topology) - before


class Browsing:
    """A user who opens pages and sometimes writes."""

    def __init__(self, couple: Couple, couples: list[Couple]) -> None:
        self.couple, self.couples = couple, couples
        self.random = random.Random(couple.number)  # noqa: S311 - which page, nothing secret
        self.number = 0

    def run(self, requests: int) -> None:
        """Make so many requests, of which every tenth writes."""
        me = self.couple.owner.laptop
        for _ in range(requests):
            self.number += 1
            if self.number % round(1 / WRITES_SHARE) == 0:
                me.post_form(f"{self.couple.page}caption/", {"caption": f"Still number {self.number}"})
            else:
                self.look(me)

    def look(self, me: Member) -> None:
        """Open one of the pages that people open."""
        other = self.random.choice(self.couples)
        pages = ("/", "/explore/", f"/@{other.owner.username}/", other.page, other.page, "/people/")
        me.get(self.random.choice(pages))


def all_at_once(act: Callable[[T], None], people: list[T]) -> None:
    """Run `act` for each user at the same time, in threads; raises the first error."""
    with ThreadPoolExecutor(len(people)) as threads:
        list(threads.map(act, people))


if __name__ == "__main__":
    sys.exit(main())
