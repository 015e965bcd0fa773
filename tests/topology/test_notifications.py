"""With every replica frozen, a notification and what it is about are seen together."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.topology import jpeg_factory
from tests.topology.http_member import PASSWORD, Answer, Member
from tests.topology.running import Topology
from tests.topology.test_kills import wait_until_ready
from tests.topology.test_own_writes import REPLICAS, replay
from tests.topology.valkeys import flush

ROUNDS = 4
ENOUGH_LOOKS = 200
# Not longer: replicas with more lag are dropped, and no stale server would be read.
FROZEN_SECONDS = 7
BETWEEN_SECONDS = 4  # until they are read from again
TOLD_SECONDS = 10
SENT_AGAIN_SECONDS = 90  # an unconfirmed event waits for 30, and for the workers' start
GUESTS = 6  # comments have a rate limit for each user


@contextmanager
def frozen(topology: Topology) -> Iterator[None]:
    """Let all replicas receive and none replay while the block runs."""
    for name in REPLICAS:
        replay(topology, name, "pause")
    try:
        yield
    finally:
        for name in REPLICAS:
            replay(topology, name, "resume")


@dataclass
class Ledger:
    """Counts looks at pages, and records those that did not show what they had to."""

    looks: int = 0
    stale: list[str] = field(default_factory=list)

    def see(self, who: str, answer: Answer, *expected: str) -> None:
        """Count a look; record it when the page is an error or lacks an expected text."""
        self.looks += 1
        missing = [text for text in expected if text not in answer.text]
        if answer.status != 200 or missing:
            self.stale.append(f"{who}: {answer.status} {answer.url} without {missing}")


class Story:
    """An owner, and others who like, comment and follow; each has a second device."""

    def __init__(self, topology: Topology) -> None:
        self.topology, self.ledger = topology, Ledger()
        names = ("told_owner", "told_liker", *(f"told_guest{number}" for number in range(GUESTS)))
        people = [Member(topology.site, name) for name in names]
        for person in people:
            person.sign_up()
        self.owner, self.liker, *self.guests = people
        self.phone = Member(topology.site, "told_owner")
        self.phone.get("/accounts/login/")
        self.phone.post_form("/accounts/login/", {"login": "told_owner", "password": PASSWORD})
        self.number = 0

    def upload(self) -> str:
        """Return a new photo of the owner's, once it is ready."""
        self.number += 1
        pid = self.owner.upload(jpeg_factory.jpeg(600, 400, mark=700 + self.number))
        wait_until_ready(self.owner, [pid])
        self.ledger.see("owner, of their new photo", self.phone.get(f"/p/{pid}/"), "<picture")
        self.ledger.see("owner, of their profile", self.phone.get("/@told_owner/"), pid)
        return pid

    def like(self, pid: str, *, is_liked: bool) -> None:
        """Like or not, and look at it as the liker."""
        pressed = f'aria-pressed="{"true" if is_liked else "false"}"'
        address = f"/p/{pid}/"
        form = {"liked": "1" if is_liked else "0"}
        self.ledger.see("liker, at once", self.liker.post_form(f"{address}like/", form), pressed)
        self.ledger.see("liker, again", self.liker.get(address), pressed)

    def comment(self, pid: str) -> str:
        """Comment, mentioning the liker, and look at it as each user who is notified; return the words."""
        self.number += 1
        words = f"Number {self.number} of many"
        body = f"@told_liker {words}"
        guest = self.guests[self.number % GUESTS]
        self.ledger.see("guest, at once", guest.post_form(f"/p/{pid}/comment/", {"body": body}), words)
        self.ledger.see("guest, again", guest.get(f"/p/{pid}/"), words)
        for name, reader in (("owner", self.owner), ("owner's phone", self.phone), ("liker", self.liker)):
            link = wait_for_notification(reader, words, self.ledger)
            self.ledger.see(f"{name}, told of a comment", reader.get(link), words)
        return words

    def follow(self, *, is_following: bool) -> None:
        """Follow or not, and look at it from both sides."""
        state = f'name="following" value="{"0" if is_following else "1"}"'
        form = {"following": "1" if is_following else "0"}
        fan = self.guests[0]
        self.ledger.see("follower, at once", fan.post_form("/@told_owner/follow/", form), state)
        self.ledger.see("follower, again", fan.get("/@told_owner/"), state)
        if is_following:
            wait_for_notification(self.owner, "follows you", self.ledger)
            self.ledger.see("owner, told of a follower", self.phone.get("/notifications/"), "follows you")


def wait_for_notification(reader: Member, words: str, ledger: Ledger) -> str:
    """Return the link of the notification with those words, as soon as it is there."""
    deadline = time.monotonic() + TOLD_SECONDS
    while words not in (page := reader.get("/notifications/")).text:
        assert time.monotonic() < deadline, f"{reader.username} has no notification: {words}"
        time.sleep(0.05)
    ledger.see(f"{reader.username}, news", page, words)
    line = page.text[: page.text.index(words)].rpartition("<li")[2]
    links = re.findall(r'href="(/p/\w+/)#comment-\d+"', line)
    return str(links[-1]) if links else ""


def test_a_reader_with_a_notification_sees_its_cause_on_frozen_replicas(topology: Topology) -> None:
    story, stranger = Story(topology), Member(topology.site, "stranger")
    looks = misses = rounds = 0
    while rounds < ROUNDS or story.ledger.looks <= ENOUGH_LOOKS:
        rounds += 1
        with frozen(topology):
            until = time.monotonic() + FROZEN_SECONDS
            pid, is_on = story.upload(), True
            while time.monotonic() < until:
                story.like(pid, is_liked=is_on)
                words = story.comment(pid)
                story.follow(is_following=is_on)
                # The stranger has no causal token: a miss proves that the frozen replicas are read.
                looks, misses = looks + 1, misses + (words not in stranger.get(f"/p/{pid}/").text)
                is_on = not is_on
        time.sleep(BETWEEN_SECONDS)
    assert story.ledger.stale == []
    assert misses > looks / 10, "the replicas were not frozen, or not read from"
    print(
        f"{story.ledger.looks} looks, none of them stale; {misses} of {looks} looks of a stranger showed the past"
    )


def test_jobs_that_the_queue_lost_are_done_all_the_same(topology: Topology) -> None:
    """No worker runs, the queue loses its jobs: the outbox sends them again until they are done."""
    owner, fan = Member(topology.site, "kept_owner"), Member(topology.site, "kept_fan")
    owner.sign_up()
    fan.sign_up()
    pid = owner.upload(jpeg_factory.jpeg(600, 400, mark=901))
    wait_until_ready(owner, [pid])
    topology.run("stop", "worker")
    try:
        fan.post_form(f"/p/{pid}/like/", {"liked": "1"})
        fan.post_form(f"/p/{pid}/comment/", {"body": "Is anybody there?"})
        fan.post_form("/@kept_owner/follow/", {"following": "1"})
        flush(topology)
    finally:
        topology.run("start", "worker")
    deadline = time.monotonic() + SENT_AGAIN_SECONDS
    lines = (" likes <a", "Is anybody there?", "follows you")
    while not all(words in owner.get("/notifications/").text for words in lines):
        assert time.monotonic() < deadline, "what was lost with the queue was never done"
        time.sleep(1)
    assert pid in fan.get("/favourites/").text
    page = owner.get("/notifications/").text
    assert [page.count(words) for words in lines] == [1, 1, 1], "and once"
