"""The state of all shards: which servers answer, how far replicas are behind, what is where, whether shards agree.

Apps register what is counted beside buckets and bytes:

    @cluster_stats.counter("photos")
    def photos(alias: str) -> int: ..."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from sharding.connections import probe
from sharding.gather.scatter import scatter
from sharding.moving.moves import ENDED
from sharding.rows import ownership, schema
from sharding.rows.ids import BUCKETS
from sharding.rows.models import Bucket, Move
from sharding.rows.placement import DIRECTORY

Counter = Callable[[str], int]
DEADLINE_SECONDS = 20.0

_counters: dict[str, Counter] = {}


@dataclass(frozen=True)
class ReplicaState:
    """One replica: its lag in bytes of WAL; `problem` says that it does not answer or follow."""

    alias: str
    lag_bytes: int = 0
    problem: str = ""


@dataclass(frozen=True)
class ShardState:
    """One shard; sizes in bytes. `problem` says why its primary does not answer; then nothing is counted."""

    alias: str
    buckets: int
    problem: str = ""
    bytes: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    replicas: list[ReplicaState] = field(default_factory=list)


def counter(name: str) -> Callable[[Counter], Counter]:
    """Register a function from a shard's alias to a number, shown under a name such as "photos"."""

    def register(fn: Counter) -> Counter:
        _counters[name] = fn
        return fn

    return register


def counted() -> list[str]:
    """The names of what is counted."""
    return list(_counters)


def collect() -> list[ShardState]:
    """The state of each shard, asked at once; a shard that does not answer in time has a `problem`."""
    mapped = dict.fromkeys(settings.SHARDS, 0)
    for shard in Bucket.objects.using(DIRECTORY).values_list("shard", flat=True).iterator():
        mapped[shard] = mapped.get(shard, 0) + 1
    gathered = scatter(lambda alias: _state(alias, mapped[alias]), deadline_seconds=DEADLINE_SECONDS)
    return [
        gathered.results.get(alias)
        or ShardState(alias, mapped[alias], gathered.missing.get(alias, "?"), replicas=_replicas(alias, None))
        for alias in mapped
        if alias in settings.SHARDS
    ]


def skew(values: list[float]) -> list[float]:
    """Each value's distance from their mean, as a fraction of the mean: 0.5 is 50 % above it."""
    mean = sum(values) / len(values) if values else 0.0
    return [value / mean - 1 if mean else 0.0 for value in values]


def disagreements() -> Iterator[str]:
    """Yield a sentence for each inconsistency of the data tier; none on a healthy site."""
    active = list(Move.objects.using(DIRECTORY).exclude(state__in=ENDED))
    moving = {number for move in active for number in move.buckets}
    mapped = dict(Bucket.objects.using(DIRECTORY).values_list("number", "shard"))
    if len(mapped) != BUCKETS:
        yield f"{BUCKETS - len(mapped)} buckets have no shard: `manage.py migrate_all` assigns them."
    for shard in sorted(set(mapped.values()) - set(settings.SHARDS)):
        yield f"{shard} has buckets and is not configured: name it in SHARD_URLS."
    reachable = []
    for alias in settings.SHARDS:
        try:
            yield from _ownership_problems(alias, mapped, moving)
            for table in ownership.unfenced(alias):
                yield f"{alias}: {table} has no fence: `manage.py migrate_all` makes it."
            yield from _misplaced_rows(alias)
            yield from _left_replication(alias, {move.pk for move in active})
            reachable.append(alias)
        except DatabaseError as error:
            yield f"{alias} cannot be compared, its primary does not answer: {str(error).partition(chr(10))[0]}"
    yield from schema.differences(reachable)


def _state(alias: str, mapped: int) -> ShardState:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
        )
        size, lsn = cursor.fetchone()
    counts = {name: count(alias) for name, count in _counters.items()}
    return ShardState(alias, mapped, "", int(size), counts, _replicas(alias, int(lsn)))


def _replicas(primary: str, lsn: int | None) -> list[ReplicaState]:
    return [_replica(alias, lsn) for alias in settings.REPLICAS.get(primary, ())]


def _replica(alias: str, lsn: int | None) -> ReplicaState:
    question = probe.Probe(alias)
    try:
        answer = question.ask()
    except probe.NoAnswer as error:
        return ReplicaState(alias, problem=str(error).partition("\n")[0])
    finally:
        question.close()
    behind = max((lsn or answer.received) - answer.replayed, 0)
    return ReplicaState(alias, behind, "" if answer.is_streaming else "does not follow")


def _ownership_problems(alias: str, mapped: dict[int, str], moving: set[int]) -> Iterator[str]:
    states = ownership.states(alias)
    for number, shard in sorted(mapped.items()):
        owns = states.get(number) == "owned"
        if number in moving or owns == (shard == alias):
            continue
        if owns:
            yield f"bucket {number}: {alias} believes to have it, the map says {shard}."
        else:
            yield f"bucket {number}: the map says {alias}, which says {states.get(number, 'nothing of it')}."


def _misplaced_rows(alias: str) -> Iterator[str]:
    for table in ownership.tables():
        with connections[alias].cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE ((id >> 10) & 8191) NOT IN"
                " (SELECT number FROM tessera_bucket WHERE state <> 'gone')"
            )
            count = cursor.fetchone()[0]
        if count:
            yield f"{alias}: {count} rows of {table} are of buckets that it does not have."


def _left_replication(alias: str, active: set[int]) -> Iterator[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT 'slot', slot_name::text FROM pg_replication_slots WHERE database = current_database()"
            " AND slot_name LIKE 'tessera\\_move\\_%'"
            " UNION ALL SELECT 'publication', pubname::text FROM pg_publication WHERE pubname LIKE 'tessera\\_move\\_%'"
            " UNION ALL SELECT 'subscription', subname::text FROM pg_subscription JOIN pg_database d ON d.oid = subdbid"
            " WHERE datname = current_database() AND subname LIKE 'tessera\\_move\\_%'"
        )
        for kind, name in cursor.fetchall():
            if int(name.rpartition("_")[2]) not in active:
                yield f"{alias}: the {kind} {name} is of a move that has ended: drop it."
