"""Runs one queryset on many shards at once, from one thread.

`scatter` gives each shard a thread, and threads of one Python process share one processor: eight shards cost several
times as much as one. Here one thread sends all statements and takes the answers as they come; the servers work in
parallel. A statement that is the same on every shard is compiled once."""

import select
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from sharding.connections import primaries, replicas
from sharding.connections.connecting import connect
from sharding.connections.deadline import Late
from sharding.consistency import causal
from sharding.gather.pipelined import Read
from sharding.gather.scatter import Gathered
from sharding.rows import placement

M = TypeVar("M", bound=Model)


def gather(
    rows_on: Callable[[str], QuerySet[M]], aliases: Iterable[str], *, deadline_seconds: float = 2.0
) -> Gathered[list[M]]:
    """The rows of `rows_on(alias)` for each shard that answers by the deadline.

    A queryset that names no shard is run on each. A shard that is down or late is named in `missing`; its primary is
    asked first when a replica fails. Errors other than an unreachable or late database are raised."""
    gathered: Gathered[list[M]] = Gathered()
    until = time.monotonic() + deadline_seconds
    asking = _Asking(rows_on, until, gathered)
    try:
        asking.begin(list(aliases))
        while asking.reads and (ready := _ready(asking.reads, until)):
            for read in ready:
                asking.advance(read)
    finally:
        asking.give_up()
    gathered.report_missing(deadline_seconds)
    return gathered


@dataclass
class _Question:
    """The queryset for one shard, and the server that is asked."""

    shard: str
    server: str
    queryset: Any  # a ShardedQuerySet
    # The connection existed before this call: its server may be gone.
    is_old: bool = True


class _Asking:
    """The reads in progress; answers, and reasons of missing shards, go into `gathered`."""

    def __init__(
        self, rows_on: Callable[[str], QuerySet[Any]], until: float, gathered: Gathered[Any]
    ) -> None:
        self.reads: dict[Read, _Question] = {}
        self._rows_on = rows_on
        self._until = until
        self._gathered = gathered
        self._written: dict[Any, tuple[SQLCompiler, bytes]] = {}

    def begin(self, shards: list[str]) -> None:
        """Send each shard's statement to the server of choice; open missing connections all at once."""
        questions = {shard: made for shard in shards if (made := self._question(shard)) is not None}
        old = {question.server for question in questions.values() if _is_connected(question.server)}
        opened = connect([question.server for question in questions.values()], self._until)
        for question in questions.values():
            question.is_old = question.server in old
            self._send(question, opened[question.server])

    def advance(self, read: Read) -> None:
        """Take the bytes that have arrived for one read; after a failure ask again, or another server."""
        question = self.reads[read]
        try:
            read.advance()
            if not read.is_done:
                return
            del self.reads[read]
            self._gathered.results[question.shard] = self._models(question, read.rows())
            # The connection works: Django need not check it again in this request.
            read.connection.health_check_done = True  # type: ignore[attr-defined]  # unknown to the stubs
        except (DatabaseError, InterfaceError) as error:
            self.reads.pop(read, None)
            if not read.is_done:
                read.abandon()
            self._fail(question, error)

    def give_up(self) -> None:
        """End at the deadline: name the shards that have not answered."""
        for read, question in self.reads.items():
            read.abandon()
            self._gathered.missing[question.shard] = ""
        self.reads.clear()

    def _question(self, shard: str) -> _Question | None:
        try:
            queryset: Any = self._rows_on(shard)
            return _Question(shard, queryset.server_on(shard), queryset)
        except (OperationalError, InterfaceError) as error:
            self._miss(shard, error)
            return None

    def _send(self, question: _Question, connection: BaseDatabaseWrapper | Exception) -> None:
        if isinstance(connection, Exception):
            self._fail(question, connection)
            return
        try:
            primaries.admit(question.server)
            statement = self._statement(question, connection)
            self.reads[Read(connection, statement, self._until)] = question
        except EmptyResultSet:
            self._gathered.results[question.shard] = []
        except (DatabaseError, InterfaceError) as error:
            self._fail(question, error)

    def _fail(self, question: _Question, error: Exception) -> None:
        """Ask once more on a new connection, then the primary instead of a replica; after that the shard is missing."""
        if isinstance(error, Late) or not isinstance(error, (OperationalError, InterfaceError)):
            self._miss(question.shard, error)
            return
        if question.is_old and not _is_connected(question.server):
            question.is_old = False
        elif placement.is_replica(question.server):
            replicas.doubt([question.server])
            with causal.pin(question.shard):
                question.server = question.queryset.server_on(question.shard)
        else:
            self._miss(question.shard, error)
            return
        self._send(question, connect([question.server], self._until)[question.server])

    def _miss(self, shard: str, error: Exception) -> None:
        if isinstance(error, Late):
            self._gathered.missing[shard] = ""
        elif isinstance(error, (OperationalError, InterfaceError)):
            self._gathered.missing[shard] = str(error).strip() or type(error).__name__
        else:
            raise error

    def _statement(self, question: _Question, connection: BaseDatabaseWrapper) -> bytes:
        query = question.queryset.query
        if query not in self._written:
            compiler = query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            cursor = psycopg.ClientCursor(connection.connection)
            self._written[query] = compiler, cursor.mogrify(sql, params).encode()
        return self._written[query][1]

    def _models(self, question: _Question, rows: list[tuple[Any, ...]]) -> list[Any]:
        compiler, _ = self._written[question.queryset.query]
        made: list[Any] = question.queryset.from_rows(compiler, rows, question.server)
        return made


def _ready(reads: Iterable[Read], until: float) -> list[Read]:
    """The reads whose sockets are ready; none at the deadline. Bytes that have arrived by then are still taken."""
    poll, by_socket = select.poll(), {}
    for read in reads:
        by_socket[read.socket] = read
        poll.register(read.socket, select.POLLIN | (select.POLLOUT if read.is_unsent else 0))
    left_ms = max(0, int((until - time.monotonic()) * 1000))
    return [by_socket[socket] for socket, _ in poll.poll(left_ms)]


def _is_connected(server: str) -> bool:
    return connections[server].connection is not None
