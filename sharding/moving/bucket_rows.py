"""The rows of some buckets on one server, whole: counted, compared, deleted. Only movers do that."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sharding.moving.replication import Connection, ask
from sharding.rows import ownership

ROWS_AT_ONCE = 5000
_THEIRS = "((id >> 10) & 8191) = ANY(%s::int[])"


def count(connection: Connection, numbers: Sequence[int]) -> int:
    """How many rows these buckets have, in all tables."""
    return sum(
        int(ask(connection, f"SELECT count(*) FROM {table} WHERE {_THEIRS}", list(numbers)))
        for table in ownership.tables()
    )


def differing(one: Connection, other: Connection, numbers: Sequence[int]) -> list[str]:
    """The tables in which the two servers do not have exactly the same rows of these buckets."""
    with ThreadPoolExecutor(1) as thread:
        there = thread.submit(_digests, other, numbers)
        here = _digests(one, numbers)
    return sorted(table for table in here if here[table] != there.result()[table])


def unknown_tables(connection: Connection) -> list[str]:
    """Fenced tables that this process has no model of: it neither compares nor deletes what is in them."""
    fenced = connection.execute(
        "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname = 'tessera_fence' AND relnamespace = current_schema()::regnamespace"
    )
    return sorted({row[0] for row in fenced} - set(ownership.tables()))


def wipe(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete all rows of these buckets, in the caller's `moving` transaction."""
    for table in reversed(ownership.tables()):
        connection.execute(f"DELETE FROM {table} WHERE {_THEIRS}".encode(), [list(numbers)])


def delete_moved(connection: Connection, table: str, move_id: int) -> int:
    """Delete at most ROWS_AT_ONCE rows of buckets that this server has given away by a move; return how many."""
    with moving(connection):
        # The row locks keep the buckets from coming back while their old rows are deleted.
        held = connection.execute(
            "SELECT number FROM tessera_bucket WHERE state = 'moved' AND move_id = %s FOR SHARE", [move_id]
        ).fetchall()
        some = f"SELECT id FROM {table} WHERE {_THEIRS} LIMIT {ROWS_AT_ONCE}"
        deleted = connection.execute(
            f"DELETE FROM {table} WHERE id = ANY(ARRAY({some}))".encode(), [[row[0] for row in held]]
        )
        return deleted.rowcount


@contextmanager
def moving(connection: Connection) -> Iterator[None]:
    """A transaction that the fences let through: for rows that are not this shard's yet, or not any more."""
    with connection.transaction():
        connection.execute("SET LOCAL tessera.moving = 'on'")
        yield


def _digests(connection: Connection, numbers: Sequence[int]) -> dict[str, tuple[int, int]]:
    """{table: (rows, a hash of all of them that does not depend on their order)}."""
    digested = (
        "SELECT count(*), coalesce(bit_xor(hash_record_extended(t, 0)), 0) FROM {} AS t WHERE " + _THEIRS
    )
    return {
        table: connection.execute(digested.format(table).encode(), [list(numbers)]).fetchone() or (0, 0)
        for table in ownership.tables()
    }
