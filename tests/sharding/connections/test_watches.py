"""The watches of a process: begun once for each server, stopped together, and none after a fork."""

import threading

from sharding.connections.watches import Watches


class StubWatch:
    """Records whether it was stopped."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.is_stopped = False

    def stop(self) -> None:
        """Record it."""
        self.is_stopped = True


def test_a_server_is_watched_once() -> None:
    watches = Watches(StubWatch)
    first = watches.ensure("shard0")
    assert watches.ensure("shard0") is first
    assert watches.ensure("shard1").alias == "shard1"


def test_forgotten_watches_are_stopped_and_others_begin() -> None:
    watches = Watches(StubWatch)
    first = watches.ensure("shard0")
    watches.forget()
    assert first.is_stopped
    assert watches.ensure("shard0") is not first


def test_a_forked_child_waits_for_no_lock_and_no_thread_of_its_parent() -> None:
    watches = Watches(StubWatch)
    inherited = watches.ensure("shard0")
    watches._lock.acquire()  # as a thread of the parent does that is in `ensure` at the fork
    watches._begin_anew()
    fresh: list[StubWatch] = []
    child = threading.Thread(target=lambda: fresh.append(watches.ensure("shard0")), daemon=True)
    child.start()
    child.join(10)
    assert [watch is inherited for watch in fresh] == [False]
    assert not inherited.is_stopped, "its thread belongs to the parent"
