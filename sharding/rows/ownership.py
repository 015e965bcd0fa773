"""Which buckets a shard itself believes to have: the fence that no process with an old bucket map gets past.

Each shard keeps a row per bucket in `tessera_bucket`. A trigger on every sharded table, and the guard at the
beginning of every write transaction, hold the bucket's advisory lock (shared) and read that row: a mover that takes
the lock for itself therefore knows that no writer is under way, and whoever comes later is refused.

States: owned; fenced (a mover is about to switch it); incoming, ready (this shard is where it goes); moved (it went,
its rows are still here), gone (they are not)."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import DatabaseError, OperationalError, connections
from django.db.models import Model

from sharding.rows.placement import DIRECTORY, is_sharded

LOCK_SPACE = 32341  # of the advisory locks on buckets; the functions of migration 0003 name it too
MOVED, FENCED = "SH001", "SH002"


class Moving(OperationalError):
    """The bucket is about to change its shard, and that takes longer than anybody should wait: try again."""


def guard(alias: str, bucket: int) -> None:
    """Hold off the bucket's mover until the transaction on `alias` ends.

    Raises DatabaseError, of which `refusal` tells the meaning, when the bucket may not be written to there."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT tessera_guard(%s)", [bucket])


def refusal(error: DatabaseError) -> str:
    """MOVED or FENCED when a shard has refused a write for a bucket that it does not have; "" for all other errors."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state if state in {MOVED, FENCED} else ""


def moved_to(error: DatabaseError) -> str:
    """Where a refusal says that the bucket is; "" when it does not know."""
    return str(getattr(getattr(error.__cause__, "diag", None), "message_detail", None) or "")


def ensure(alias: str) -> int:
    """Make a shard guard its buckets: a fence and a bucket index on each sharded table, a row for each bucket that the
    map gives it and that it does not know. Idempotent; returns how many buckets it was given.

    A bucket that has ever been here keeps its row, so a map that is read too early gives nothing away twice."""
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
            raise ValueError(f"These refer to each other in a ring: {sorted(map(_table, waiting))}")
        ordered += map(_table, free)
        for model in free:
            del waiting[model]
    return ordered


def unfenced(alias: str) -> list[str]:
    """Sharded tables of a shard that have no fence."""
    return [table for table in tables() if table in _existing(alias) and table not in _fenced(alias)]


def states(alias: str) -> dict[int, str]:
    """{bucket: state} as the shard itself says it."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT number, state FROM tessera_bucket")
        return dict(cursor.fetchall())


def _missing_fences(alias: str) -> Iterator[str]:
    existing, fenced = _existing(alias), _fenced(alias)
    for table in tables():
        if table not in existing or table in fenced:
            continue
        # Copying, verifying and cleaning up a bucket must not read the whole table.
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
    found: Iterable[object] = (field.related_model for field in model._meta.fields if field.is_relation)
    return {other for other in found if isinstance(other, type) and other is not model}


def _table(model: type[Model]) -> str:
    return model._meta.db_table
