"""Chooses the replica that answers a read.

Every process watches each replica it uses (`watch`). A replica may answer when its last state is younger than
FRESH_SECONDS, it is not dropped, and it has replayed the LSN that the reader must see. When its last state is behind
that LSN, the replica is asked once more before the read goes to the primary."""

import itertools
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from django.conf import settings

from sharding.connections.disconnecting import disconnect
from sharding.connections.probe import Probe
from sharding.connections.watch import Watch
from sharding.connections.watches import Watches
from sharding.rows import placement

FRESH_SECONDS = 0.1

_turns = itertools.count()


def _new_watch(alias: str) -> Watch:
    primary = Probe(placement.primary_of(alias))
    return Watch(alias, Probe(alias), primary, on_drop=disconnect)


_watches = Watches(_new_watch)


def choose(primary: str, lsn: int) -> str | None:
    """The alias of a replica of `primary` that has replayed `lsn`, by weighted round robin; None without one."""
    now = time.monotonic()
    for alias in _in_turn(tuple(settings.REPLICAS.get(primary, ())), settings.REPLICA_WEIGHTS):
        watch = _watches.get(alias) or _watches.ensure(alias)
        sighting = watch.find(not_before=now - FRESH_SECONDS)
        if sighting is not None and sighting.replayed < lsn:
            sighting = watch.find(not_before=now)
        if sighting is not None and sighting.replayed >= lsn:
            return alias
    return None


def _in_turn(aliases: Sequence[str], weights: Mapping[str, int]) -> Sequence[str]:
    """The replicas in the order in which to ask them now; a replica that cannot answer leaves its turn to the next."""
    if len(aliases) < 2 and not weights:
        return aliases
    orders = smooth_orders(tuple((alias, weights.get(alias, 1)) for alias in aliases))
    return orders[next(_turns) % len(orders)] if orders else ()


@cache
def smooth_orders(weighted: tuple[tuple[str, int], ...]) -> list[tuple[str, ...]]:
    """One round of smooth weighted round robin: for each turn the order of all aliases, the first being its own.

    A weight of 0 has no turn and is never asked."""
    divisor = math.gcd(*(weight for _, weight in weighted)) if weighted else 0
    if not divisor:
        return []
    left = {alias: weight // divisor for alias, weight in weighted if weight}
    total, credit = sum(left.values()), dict.fromkeys(left, 0)
    firsts = []
    for _ in range(total):
        credit = {alias: credit[alias] + weight for alias, weight in left.items()}
        chosen = max(credit, key=lambda alias: credit[alias])
        credit[chosen] -= total
        firsts.append(chosen)
    return [tuple(dict.fromkeys(firsts[turn:] + firsts[:turn])) for turn in range(total)]


def why_none(primary: str) -> str:
    """Why `choose` found no replica: "no_replica", "dropped", "silent" or "behind"."""
    watches = [_watches[alias] for alias in settings.REPLICAS.get(primary, ()) if alias in _watches]
    if not watches:
        return "no_replica"
    if all(watch.dropped_because for watch in watches):
        return "dropped"
    return "behind" if all(watch.is_heard for watch in watches) else "silent"


def doubt(aliases: Iterable[str]) -> None:
    """Ask these replicas again before the next read from them: one of them has just failed a read."""
    for alias in aliases:
        if alias in _watches:
            _watches[alias].doubt()


def forget() -> None:
    """Stop watching and begin anew at the next read."""
    _watches.forget()
