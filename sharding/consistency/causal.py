"""Read-your-writes with replicas: decides which server answers each read.

A session is the knowledge of one request, one message or one block of a command: how far replicas must have replayed
(the token it came with), which primaries it has written to, and where its reads went. Outside of a session nothing
remembers writes, so reads go to primaries.

A read goes to the primary when it is pinned, when the session has written to that primary, inside a transaction on it,
and when no replica has caught up with the token; else to a replica (see `replicas`)."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from ops import metrics
from sharding.connections import replicas
from sharding.consistency import tokens
from sharding.consistency.tokens import Tokens
from sharding.rows import buckets, pinning, placement, transactions

logger = logging.getLogger(__name__)

# Reads of one session within this time go to the same server without a new choice.
CHOICE_SECONDS = 0.1


def _no_tokens() -> Tokens:
    return {}


@dataclass
class Session:
    """What one reader must see and has done. The threads of `scatter` share their request's session."""

    load_tokens: Callable[[], Tokens] = _no_tokens
    # A replica may answer only while this is set; code around a view reads primaries.
    allows_replicas: bool = True
    # The primary cannot be reached: an old answer is better than none.
    accepts_stale: bool = False
    dirty: set[str] = field(default_factory=set)
    aliases_used: set[str] = field(default_factory=set)
    # The bucket map has been compared with the token's.
    has_map: bool = False
    # Tokens accepted after the session began: the reader's next request must see them too.
    accepted: Tokens = field(default_factory=dict)
    # {(primary, server, reason): reads}, counted when the session ends. Scatter's threads have a primary each.
    reads: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _required: Tokens | None = None
    _written: Tokens = field(default_factory=dict)
    _choices: dict[str, tuple[str, str, float, int]] = field(default_factory=dict)

    def required(self) -> Tokens:
        """The token that replicas must have replayed; loaded once, at the first read that a replica could answer."""
        if self._required is None:
            with pin():
                self._required = self.load_tokens()
        return self._required

    def accept(self, token: Tokens) -> None:
        """See what `token` covers from now on, in this session and in this reader's next request."""
        if token:
            self._required = tokens.merge(self.required(), token)
            self.accepted = tokens.merge(self.accepted, token)
            self.has_map = False
            self.forget_choices()

    def note_write(self, alias: str) -> None:
        self.dirty.add(alias)
        self._written.pop(alias, None)

    def choose(self, primary: str) -> tuple[str, str]:
        """The alias that answers reads of `primary` now, and the reason as counted in metrics."""
        chosen, reason, until, enough = self._choices.get(primary, ("", "", 0.0, 0))
        now = time.monotonic()
        floor = buckets.bucket_map.floor_of(primary)
        if now < until and floor <= enough:  # no bucket was moved there since
            return chosen, reason
        lsn = 0 if self.accepts_stale else max(self.required().get(primary, 0), floor)
        replica = replicas.choose(primary, lsn)
        alias, reason = (replica, "replica") if replica else (primary, replicas.why_none(primary))
        self._choices[primary] = (alias, reason, now + CHOICE_SECONDS, floor)
        return alias, reason

    def note_read(self, primary: str, alias: str, reason: str) -> None:
        self.aliases_used.add(alias)
        key = (primary, alias, reason)
        self.reads[key] = self.reads.get(key, 0) + 1

    def written(self) -> Tokens:
        """The LSN after this session's writes, asked once per primary that was written to.

        Call it after the commit: within a transaction the LSN is not final and is asked for each time."""
        for alias in sorted(self.dirty - self._written.keys()):
            lsn = _find_insert_lsn(alias)
            if lsn is not None:
                self._written[alias] = lsn
        result = dict(self._written)
        for alias in result:
            if transactions.is_open(alias):
                del self._written[alias]
        if result.keys() - {placement.DIRECTORY}:
            result[tokens.MAP] = buckets.bucket_map.version
        return result

    def token(self) -> Tokens:
        """What a later reader must see: the token of this session, and its writes."""
        return tokens.merge(self.required(), self.written())

    def route(self) -> str:
        """The servers that answered, how often and why, such as `default_r1=3 shard0=1;dirty wrote=shard0`."""
        parts = [
            f"{alias}={count}{'' if reason == 'replica' else f';{reason}'}"
            for (_, alias, reason), count in sorted(self.reads.items())
        ]
        return " ".join([*parts, *([f"wrote={','.join(sorted(self.dirty))}"] if self.dirty else [])])

    def used_replica(self) -> bool:
        return any(map(placement.is_replica, self.aliases_used))

    def forget_choices(self) -> None:
        self._choices.clear()

    def absorb(self, inner: "Session") -> None:
        """Add the reads and writes of a session that was opened within this one."""
        self.aliases_used |= inner.aliases_used
        for key, count in inner.reads.items():
            self.reads[key] = self.reads.get(key, 0) + count
        for alias in inner.dirty:
            self.note_write(alias)


_session: ContextVar[Session | None] = ContextVar("causal_session", default=None)
# Callers know it as causal.pin; it is defined below, because transactions pin too (see `pinning`).
pin = pinning.pin


def current() -> Session:
    """The current session; outside of any, an empty one that nothing keeps."""
    return _session.get() or Session(allows_replicas=False)


@contextmanager
def session(
    required: Tokens | Callable[[], Tokens] | None = None, *, allows_replicas: bool = True
) -> Iterator[Session]:
    """Open a session whose reads see `required`: a token, or a function that loads it when it is needed."""
    load: Callable[[], Tokens] = required if callable(required) else lambda: required or {}
    outer = _session.get()
    opened = _within(outer, load) if outer else Session(load)
    opened.allows_replicas = allows_replicas
    token = _session.set(opened)
    try:
        yield opened
    finally:
        _session.reset(token)
        if outer is not None:
            outer.absorb(opened)
        else:
            metrics.count_reads(dict(opened.reads))


def _within(outer: Session, load: Callable[[], Tokens]) -> Session:
    """A session within another one sees the outer token and the outer writes."""
    return Session(lambda: tokens.merge(outer.required(), load()), dirty=set(outer.dirty))


def is_open() -> bool:
    """Whether a session is open; without one nothing remembers writes."""
    return _session.get() is not None


def note_write(alias: str) -> None:
    """Note a write to a primary. Call it for writes that no execute wrapper sees, such as COPY."""
    metrics.count_write(alias)
    opened = _session.get()
    if opened is not None:
        opened.note_write(alias)


def written() -> Tokens:
    """The LSNs after the current session's writes."""
    return current().written()


def ensure_map() -> None:
    """Have at least the bucket map version of this session's token, before a shard is looked up."""
    opened = _session.get()
    if opened is not None and not opened.has_map:
        opened.has_map = True
        buckets.bucket_map.ensure(opened.required().get(tokens.MAP, 0))


def alias_for_read(primary: str, *, is_critical: bool = False) -> str:
    """The server that answers a read of `primary`: the primary, or one of its replicas. Counts the read."""
    opened = _session.get()
    if opened is None:
        metrics.count_read(primary, primary, "no_session")
        return primary
    reason = "critical" if is_critical else _why_primary(opened, primary)
    alias, reason = (primary, reason) if reason else opened.choose(primary)
    opened.note_read(primary, alias, reason)
    return alias


def alias_for_write(primary: str) -> str:
    opened = _session.get()
    if opened is not None:
        opened.aliases_used.add(primary)
    return primary


def critical_apps() -> frozenset[str]:
    """Apps whose rows are always read from the directory's primary, such as sessions."""
    return frozenset(getattr(settings, "READ_PRIMARY_APPS", DEFAULT_CRITICAL_APPS))


DEFAULT_CRITICAL_APPS = ("account", "mfa", "sessions", "socialaccount", "usersessions")


def _why_primary(opened: Session, primary: str) -> str:
    """Why no replica may answer a read of `primary` now, or ""."""
    if not settings.READ_FROM_REPLICAS:
        return "off"
    if transactions.is_open(primary):
        return "in_transaction"
    if opened.accepts_stale:
        return ""
    if primary in opened.dirty:
        return "dirty"
    if pinning.is_pinned(primary):
        return "pinned"
    return "" if opened.allows_replicas else "deciding"


def _find_insert_lsn(alias: str) -> int | None:
    """The end of a primary's WAL, None without an answer. Insert, not flush: an asynchronous commit is not flushed."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            return tokens.lsn_from_text(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        logger.warning("%s did not tell its LSN: its last writes have no token.", alias, exc_info=True)
        return None
