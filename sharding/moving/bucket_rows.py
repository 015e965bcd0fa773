"""Counts, compares and deletes all rows of some buckets on one server. Only for movers."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sharding.moving.replication import Connection, ask
from sharding.rows import ownership

ROWS_AT_ONCE = 5000
_IN_BUCKETS = "((id >> 10) & 8191) = ANY(%s::int[])"


def count(connection: Connection, numbers: Sequence[int]) -> int:
    """The number of rows of these buckets, in all tables."""
    return sum(
        int(ask(connection, f"SELECT count(*) FROM {table} WHERE {_IN_BUCKETS}", list(numbers)))
        for table in ownership.tables()
    )


def count_each(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """{bucket: the number of its rows in all tables} of those of these buckets that have rows."""
    rows: dict[int, int] = {}
    for table in ownership.tables():
        counted = f"SELECT ((id >> 10) & 8191)::int, count(*) FROM {table} WHERE {_IN_BUCKETS} GROUP BY 1"
        for number, more in connection.execute(counted.encode(), [list(numbers)]).fetchall():
            rows[number] = rows.get(number, 0) + more
    return rows


def differing_tables(source: Connection, target: Connection, numbers: Sequence[int]) -> list[str]:
    """The tables in which two servers do not have exactly the same rows of these buckets."""
    with ThreadPoolExecutor(1) as thread:
        of_target = thread.submit(_digests, target, numbers)
        of_source = _digests(source, numbers)
    return sorted(table for table in of_source if of_source[table] != of_target.result()[table])


def unknown_tables(connection: Connection) -> list[str]:
    """Fenced tables without a model in this release, whose rows this process neither compares nor deletes."""
    fenced = connection.execute(
        "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname = 'tessera_fence' AND relnamespace = current_schema()::regnamespace"
    )
    return sorted({row[0] for row in fenced} - set(ownership.tables()))


def wipe(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete all rows of these buckets, within the caller's `moving` transaction."""
    for table in reversed(ownership.tables()):
        connection.execute(f"DELETE FROM {table} WHERE {_IN_BUCKETS}".encode(), [list(numbers)])


def delete_moved(connection: Connection, table: str, move_id: int) -> int:
    """Delete at most ROWS_AT_ONCE rows of buckets that a move has taken from this server; return how many."""
    with moving(connection):
        # The row locks keep the buckets from coming back while their old rows are deleted.
        locked = connection.execute(
            "SELECT number FROM tessera_bucket WHERE state = 'moved' AND move_id = %s FOR SHARE", [move_id]
        ).fetchall()
        batch = f"SELECT id FROM {table} WHERE {_IN_BUCKETS} LIMIT {ROWS_AT_ONCE}"
        deleted = connection.execute(
            f"DELETE FROM {table} WHERE id = ANY(ARRAY({batch}))".encode(), [[row[0] for row in locked]]
        )
        return deleted.rowcount


@contextmanager
def moving(connection: Connection) -> Iterator[None]:
    """A transaction that the fences let through, for rows of buckets that this shard does not own."""
    with connection.transaction():
        connection.execute("SET LOCAL tessera.moving = 'on'")
        yield


def _digests(connection: Connection, numbers: Sequence[int]) -> dict[str, tuple[int, int]]:
    """{table: (number of rows, a hash of all rows that does not depend on their order)}."""
    digested = (
        "SELECT count(*), coalesce(bit_xor(hash_record_extended(t, 0)), 0) FROM {} AS t WHERE " + _IN_BUCKETS
    )
    return {
        table: connection.execute(digested.format(table).encode(), [list(numbers)]).fetchone() or (0, 0)
        for table in ownership.tables()
    }
