"""A model of causal reads: users with devices, pods, shards whose replicas lag at random, failovers, moves.

The world is a fake (servers are lists, time is a number); the code that decides is real: sessions, tokens, the choice
of a replica, the bucket map with its floors and versions. In any order of events, no reader sees an older state than
what the same user wrote with a token that has not expired, on any device.

The model assumes what promotion guarantees: the replica that has replayed most becomes the primary. It leaves out one
risk of asynchronous replication: a reader with a map from before a move (for MAP_TTL_SECONDS) reads the rows left on
the source, and would miss what a failover of the source loses in just these seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as project
from hypothesis import Phase
from hypothesis import settings as run
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sharding.connections import replicas
from sharding.connections.watch import Sighting
from sharding.consistency import causal, tokens
from sharding.consistency.tokens import Tokens
from sharding.rows import buckets, placement
from sharding.rows.buckets import BucketMap
from sharding.rows.ids import BUCKETS

SHARDS = ["shard0", "shard1"]
REPLICAS = {"default": [], **{shard: [f"{shard}_r1", f"{shard}_r2"] for shard in SHARDS}}
TTL_SECONDS = 60
MAP_TTL_SECONDS = 5
SETTINGS = {
    "SHARDS": SHARDS,
    "REPLICAS": REPLICAS,
    "READ_FROM_REPLICAS": True,
    "CAUSAL_TOKEN_TTL_SECONDS": TTL_SECONDS,
    "BUCKET_MAP_TTL_SECONDS": MAP_TTL_SECONDS,
    "REPLICA_WEIGHTS": {},
}
# A move deletes the old rows, and ends, only when no process reads by an older map.
CLEANED_AFTER_SECONDS = 10

USERS, DEVICES, PODS = st.integers(0, 2), st.integers(0, 1), st.integers(0, 1)
REPLICA_NAMES = st.sampled_from([name for names in REPLICAS.values() for name in names])


class Clock:
    """Replaces the module `time` in the code under test."""

    now = 1_000_000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


@dataclass
class Shard:
    """A primary's history, [(LSN, user, version or None for deleted)], and how much of it each replica has replayed."""

    lsn: int = 100
    history: list[tuple[int, int, int | None]] = field(default_factory=list)
    replayed: dict[str, int] = field(default_factory=dict)

    def write(self, user: int, version: int | None) -> None:
        self.lsn += 8
        self.history.append((self.lsn, user, version))

    def version_of(self, user: int, upto: int) -> int:
        versions = [version for lsn, who, version in self.history if who == user and lsn <= upto]
        return (versions[-1] or 0) if versions else 0

    def fail_over(self) -> None:
        """Promote the replica that has replayed most; later writes are lost, and the LSN goes on from there."""
        self.lsn = max(self.replayed.values())
        self.history = [entry for entry in self.history if entry[0] <= self.lsn]


class FakeWatch:
    """A watch that knows the replica's last answer, as a real one does."""

    def __init__(self, world: "Model", alias: str) -> None:
        self._world, self._alias = world, alias
        self._last: Sighting | None = None
        self.dropped_because = ""
        self.is_heard = True

    def find(self, *, not_before: float) -> Sighting | None:
        if self.dropped_because:
            return None
        if self._last is None or self._last.asked_at < not_before:
            shard = self._world.shards[self._alias.partition("_")[0]]
            self._last = Sighting(shard.replayed[self._alias], self._world.clock.now)
        return self._last


@dataclass
class Carried:
    """A token, and the newest version of each user's row that it must show."""

    text: str = ""
    versions: dict[int, int] = field(default_factory=dict)

    def add(self, more: Tokens, user: int, version: int) -> None:
        own = self.promised()
        self.text = tokens.dump(tokens.merge(tokens.load(self.text), more))
        self.versions = own | {user: version}

    def promised(self) -> dict[int, int]:
        """What its bearer must see; {} when it has expired."""
        return self.versions if tokens.load(self.text) else {}


class Model(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.shards = {shard: Shard(replayed=dict.fromkeys(REPLICAS[shard], 100)) for shard in SHARDS}
        self.owners = {user: SHARDS[user % 2] for user in range(3)}
        self.floors: dict[str, int] = {}
        self.map_version = 1
        self.left_behind: list[tuple[str, int, float]] = []
        self.pods = [BucketMap(), BucketMap()]
        self.seen_versions = [0, 0]
        self.stores = {user: Carried() for user in range(3)}
        self.cookies = {(user, device): Carried() for user in range(3) for device in range(2)}
        self.written = 0
        self._patch = pytest.MonkeyPatch()
        self._install()

    def _install(self) -> None:
        for name, value in SETTINGS.items():  # override_settings would send ten thousands of signals
            self._patch.setattr(project, name, value)
        placement._forget(setting="REPLICAS")
        for module in (causal, replicas, buckets, tokens):
            self._patch.setattr(module, "time", self.clock)
        watches = {alias: FakeWatch(self, alias) for names in REPLICAS.values() for alias in names}
        self._patch.setattr(replicas, "_watches", watches)
        self._patch.setattr(causal, "_find_insert_lsn", lambda alias: self.shards[alias].lsn)
        self._patch.setattr(buckets, "_read_version", lambda alias: self.map_version)
        self._patch.setattr(buckets, "_read_rows", self._rows)
        self.watches = watches

    def teardown(self) -> None:
        self._patch.undo()
        placement._forget(setting="REPLICAS")

    def _rows(self, alias: str) -> tuple[dict[str, int], list[str | None], int]:
        rows: list[str | None] = [None] * BUCKETS
        for user, shard in self.owners.items():
            rows[user] = shard
        return dict(self.floors), rows, self.map_version

    @contextmanager
    def _request(self, user: int, device: int, pod: int, *, reads: bool) -> Iterator[causal.Session]:
        """Do what the middleware does around a view, on one of the pods."""
        self._patch.setattr(buckets, "bucket_map", self.pods[pod])

        def load() -> Tokens:
            return tokens.merge(*(tokens.load(each.text) for each in self._carried(user, device)))

        with causal.session(load, allows_replicas=reads) as session:
            causal.ensure_map()  # as the router does before it looks for a bucket
            yield session

    def _carried(self, user: int, device: int) -> list[Carried]:
        return [self.stores[user], self.cookies[user, device]]

    def _see(self, user: int, shard: str) -> int:
        """The version on the server that is chosen now."""
        server = causal.alias_for_read(shard)
        upto = self.shards[shard].replayed.get(server, self.shards[shard].lsn)
        return self.shards[shard].version_of(user, upto)

    @rule(user=USERS, device=DEVICES, pod=PODS)
    def write(self, user: int, device: int, pod: int) -> None:
        with self._request(user, device, pod, reads=False) as session:
            shard = buckets.shard_of(user)
            if shard != self.owners[user]:  # the shard refuses, and says where the bucket went
                buckets.follow(user, away_from=shard, to=self.owners[user])
                shard = buckets.shard_of(user)
            assert shard == self.owners[user]
            self.written += 1
            self.shards[shard].write(user, self.written)
            causal.note_write(shard)
            session.allows_replicas = True
            assert self._see(user, shard) == self.written, "the request itself sees what it wrote"
            made = session.written()
        for carried in self._carried(user, device):
            carried.add(made, user, self.written)

    @rule(
        user=USERS,
        device=DEVICES,
        pod=PODS,
        times=st.integers(1, 2),
        seconds=st.sampled_from([0.0, 0.05, 0.2]),
    )
    def read(self, user: int, device: int, pod: int, times: int, seconds: float) -> None:
        promised = max(each.promised().get(user, 0) for each in self._carried(user, device))
        with self._request(user, device, pod, reads=True):
            for _ in range(times):
                assert self._see(user, buckets.shard_of(user)) >= promised
                self.clock.now += seconds

    @rule(replica=REPLICA_NAMES, part=st.floats(0, 1))
    def replay(self, replica: str, part: float) -> None:
        shard = self.shards[replica.partition("_")[0]]
        behind = shard.lsn - shard.replayed[replica]
        shard.replayed[replica] += round(behind * part)

    @rule(seconds=st.sampled_from([0.01, 0.06, 0.11, 1.0, 6.0, 20.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(replica=REPLICA_NAMES, reason=st.sampled_from(["", "gone"]))
    def drop_or_return(self, replica: str, reason: str) -> None:
        self.watches[replica].dropped_because = reason

    @rule(user=USERS)
    def forget_the_store(self, user: int) -> None:
        self.stores[user] = Carried()

    @rule(user=USERS)
    def move(self, user: int) -> None:
        if any(left[1] == user for left in self.left_behind):
            return  # a bucket that is in a move is not given another one
        source = self.owners[user]
        target = SHARDS[1 - SHARDS.index(source)]
        self.shards[target].write(user, self.shards[source].version_of(user, self.shards[source].lsn) or None)
        self.owners[user] = target
        self.floors[target] = max(self.floors.get(target, 0), self.shards[target].lsn)
        self.map_version += 1
        self.left_behind.append((source, user, self.clock.now + CLEANED_AFTER_SECONDS))

    @precondition(lambda self: self.left_behind)
    @rule()
    def clean_up(self) -> None:
        for shard, user, at in [left for left in self.left_behind if left[2] <= self.clock.now]:
            self.shards[shard].write(user, None)
            self.left_behind.remove((shard, user, at))

    @rule(shard=st.sampled_from(SHARDS))
    def fail_over(self, shard: str) -> None:
        read_until = self.clock.now + CLEANED_AFTER_SECONDS - MAP_TTL_SECONDS
        if any(source == shard and at > read_until for source, _, at in self.left_behind):
            self.shards[shard].replayed[REPLICAS[shard][0]] = self.shards[shard].lsn
        self.shards[shard].fail_over()
        survived = {user: self.shards[owner].version_of(user, 2**62) for user, owner in self.owners.items()}
        for carried in (*self.stores.values(), *self.cookies.values()):
            # Lost writes are lost; readers must see all others.
            carried.versions = {
                user: min(version, survived[user]) for user, version in carried.versions.items()
            }

    @invariant()
    def maps_only_grow(self) -> None:
        for number, pod in enumerate(self.pods):
            assert self.seen_versions[number] <= pod.version <= self.map_version
            self.seen_versions[number] = pod.version


TestCausalReads: Any = Model.TestCase
TestCausalReads.settings = run(max_examples=300, stateful_step_count=40, deadline=None)


def _model_with(**broken: Any) -> None:
    """Run the model with a part of the real code replaced; raises when the model notices, at the first example."""

    class Broken(Model):
        def _install(self) -> None:
            super()._install()
            for name, value in broken.items():
                self._patch.setattr(
                    {"choose": replicas, "ensure_map": causal, "merge": tokens}[name], name, value
                )

    case = Broken.TestCase
    case.settings = run(
        max_examples=400,
        stateful_step_count=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # that there is such an example is enough: it need not be the shortest
    )
    case().runTest()


@pytest.mark.parametrize(
    "broken",
    [
        {"choose": lambda primary, lsn: next(iter(REPLICAS.get(primary, [])), None)},
        {"ensure_map": lambda: None},
        {"merge": lambda *several: dict(several[-1])},
    ],
    ids=["replicas are chosen blindly", "maps are not compared", "tokens forget"],
)
def test_the_model_notices_when_the_code_is_broken(broken: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        _model_with(**broken)
