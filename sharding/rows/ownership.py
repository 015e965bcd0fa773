"""Each shard's own record of its buckets, and the fences that stop writers with an old bucket map.

A shard keeps a row per bucket in `tessera_bucket`. A trigger on every sharded table, and the guard at the beginning of
every write transaction, hold the bucket's advisory lock (shared) and read that row. A mover that takes the lock
exclusively therefore knows that no writer is under way; later writers are refused.

States: owned; fenced (a mover is about to switch it); incoming, ready (a move brings it to this shard); moved (another
shard has it, its old rows are still here); gone (the old rows are deleted)."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import DatabaseError, OperationalError, connections
from django.db.models import Model

from sharding.rows.placement import DIRECTORY, is_sharded

LOCK_SPACE = 32341  # of the advisory locks on buckets; the SQL functions of migration 0003 use it too
MOVED, FENCED = "SH001", "SH002"


class Moving(OperationalError):
    """The bucket is changing its shard, and that takes longer than a writer should wait: try again later."""


def guard(alias: str, bucket: int) -> None:
    """Keep a bucket from being moved until the transaction on `alias` ends.

    Raises DatabaseError when the bucket may not be written to there; `refusal` tells why."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT tessera_guard(%s)", [bucket])


def refusal(error: DatabaseError) -> str:
    """MOVED or FENCED when a shard has refused a write to a bucket that it does not own; "" for all other errors."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state if state in {MOVED, FENCED} else ""


def moved_to(error: DatabaseError) -> str:
    """The shard that a refusal says the bucket moved to; "" when it names none."""
    return str(getattr(getattr(error.__cause__, "diag", None), "message_detail", None) or "")


def ensure(alias: str) -> int:
    """Give a shard its fences, and a row for each bucket that the map assigns to it; return how many rows are new.

    Each sharded table gets a trigger and a bucket index. Idempotent. A bucket that was ever here keeps its row, so a
    map that is read too early never makes two shards own a bucket."""
    with connections[alias].cursor() as cursor:
        for statement in _missing_fences(alias):
            cursor.execute(statement)
    mapped = apps.get_model("sharding", "Bucket").objects.using(DIRECTORY).filter(shard=alias)
    numbers = list(mapped.values_list("number", flat=True))
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO tessera_bucket (number, state) SELECT number, 'owned' FROM unnest(%s::int[]) AS number "
            "ON CONFLICT DO NOTHING",
            [numbers],
        )
        return int(cursor.rowcount)


def tables() -> list[str]:
    """The tables of all sharded models, parents before children."""
    waiting = {
        model: _parents(model) for model in apps.get_models() if is_sharded(model) and model._meta.managed
    }
    ordered: list[str] = []
    while waiting:
        free = sorted(
            (model for model, parents in waiting.items() if not parents & waiting.keys()), key=_table
        )
        if not free:
            raise ValueError(f"These tables refer to each other in a circle: {sorted(map(_table, waiting))}")
        ordered += map(_table, free)
        for model in free:
            del waiting[model]
    return ordered


def unfenced(alias: str) -> list[str]:
    """Sharded tables of a shard that have no fence."""
    return [table for table in tables() if table in _existing(alias) and table not in _fenced(alias)]


def states(alias: str) -> dict[int, str]:
    """{bucket: state} by the shard's own record."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT number, state FROM tessera_bucket")
        return dict(cursor.fetchall())


def _missing_fences(alias: str) -> Iterator[str]:
    existing, fenced = _existing(alias), _fenced(alias)
    for table in tables():
        if table not in existing or table in fenced:
            continue
        # With it, copying, verifying and cleaning up a bucket do not read the whole table.
        concurrently = "" if connections[alias].in_atomic_block else "CONCURRENTLY"
        yield f"CREATE INDEX {concurrently} IF NOT EXISTS {table}_bucket ON {table} (((id >> 10) & 8191))"
        yield (
            f"CREATE OR REPLACE TRIGGER tessera_fence BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION tessera_fence()"
        )


def _existing(alias: str) -> set[str]:
    return _first_column(
        alias,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
    )


def _fenced(alias: str) -> set[str]:
    return _first_column(
        alias,
        "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE tgname = 'tessera_fence' AND relnamespace = current_schema()::regnamespace",
    )


def _first_column(alias: str, sql: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


def _parents(model: type[Model]) -> set[type[Model]]:
    related: Iterable[object] = (field.related_model for field in model._meta.fields if field.is_relation)
    return {other for other in related if isinstance(other, type) and other is not model}


def _table(model: type[Model]) -> str:
    return model._meta.db_table
