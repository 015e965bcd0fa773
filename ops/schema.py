"""Whether the databases have the migrations that this release's code needs.

A database has them when its list of applied migrations contains the last one of each app. It may have more: a newer
release expanded it, which the code of this one does not mind.
"""

import functools
import time
from typing import Final

from django.db import ProgrammingError
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

KEPT_SECONDS = 60.0  # a database that had everything is not asked again for so long
LACKS: Final = "lacks "

_current_until: dict[str, float] = {}


class Behind(Exception):
    """A database lacks migrations; the text names them."""


@functools.cache
def leaves() -> frozenset[tuple[str, str]]:
    """Return the last migrations of each app of this release, as (app, name)."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def check(alias: str, cursor: CursorWrapper) -> None:
    """Raise Behind when the cursor's database, known as `alias`, lacks migrations."""
    if time.monotonic() < _current_until.get(alias, 0):
        return
    if lacking := leaves() - _applied(cursor):
        raise Behind(f"{LACKS}{', '.join(sorted(f'{app}.{name}' for app, name in lacking))}")
    _current_until[alias] = time.monotonic() + KEPT_SECONDS


def _applied(cursor: CursorWrapper) -> set[tuple[str, str]]:
    """Return which of `leaves` are applied; none in a database that was never migrated."""
    names = [name for _, name in leaves()]
    try:
        cursor.execute("SELECT app, name FROM django_migrations WHERE name = ANY(%s)", [names])
    except ProgrammingError:
        return set()
    return {(app, name) for app, name in cursor.fetchall()}
