"""Indexes in plans. Which of several is cheapest depends on what other tests left behind, so the others are dropped."""

from django.db.backends.utils import CursorWrapper


def keep_only(cursor: CursorWrapper, *names: str) -> None:
    """Let a query on photos be planned with these indexes and those of constraints alone, until the test's rollback."""
    cursor.execute(
        "SELECT indexrelid::regclass FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid"
        " WHERE indrelid = 'photos_photo'::regclass AND conindid IS NULL AND indexrelid::regclass::text <> ALL(%s)",
        [list(names)],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
