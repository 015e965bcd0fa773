"""Notices writes by the statements that reach a primary, not by the HTTP method."""

import re
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from sharding.consistency import causal
from sharding.rows import ownership
from sharding.rows.placement import primaries

_READS = re.compile(
    r"[\s(]*(SELECT|SHOW|SET|RESET|EXPLAIN|VALUES|TABLE|DECLARE|FETCH|MOVE|CLOSE|DISCARD"
    r"|BEGIN|START|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|LOCK|LISTEN|UNLISTEN)\b",
    re.IGNORECASE,
)
_WITH = re.compile(r"[\s(]*WITH\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)


def is_write(sql: object) -> bool:
    """Whether a statement may change rows. Statements that are not known to read count as writes."""
    if not isinstance(sql, str):
        return True
    if _WITH.match(sql):
        return _CHANGES.search(sql) is not None
    return _READS.match(sql) is None


def notice(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's execute wrapper on every primary."""
    if is_write(sql):
        # Before it runs: after a statement that fails, the session reads primaries without need, which does no harm.
        causal.note_write(context["connection"].alias)
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        # A statement without its bucket's guard has met the fence: the caller tries again, as after an outage.
        if ownership.refusal(error) and is_write(sql):
            raise ownership.Moving(str(error).partition("\n")[0]) from error
        raise


def watch_connection(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`: a connection object keeps its wrappers when it reconnects."""
    if connection.alias in primaries() and notice not in connection.execute_wrappers:
        connection.execute_wrappers.append(notice)
