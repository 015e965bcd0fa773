"""Compares the schemas of shards by PostgreSQL's catalogs, not by which migrations were applied.

Not compared are objects of moves (publications, subscriptions) and what always differs (owners, statistics, the values
of sequences)."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connections

Facts = dict[tuple[str, str], str]

# Each returns rows of (name of the object, its definition).
_QUERIES = {
    "column": """
        SELECT c.relname || '.' || a.attname,
               concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                         CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
                         NULLIF(a.attidentity::text, ''),
                         'default ' || pg_get_expr(d.adbin, d.adrelid), co.collname)
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        WHERE c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    "index": """
        SELECT i.relname, pg_get_indexdef(i.oid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        WHERE i.relnamespace = current_schema()::regnamespace""",
    "constraint": """
        SELECT c.conrelid::regclass || '.' || c.conname,
               pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ' NOT VALIDATED' END
        FROM pg_constraint c
        WHERE c.connamespace = current_schema()::regnamespace AND c.contype <> 'n' AND c.conrelid <> 0""",
    "trigger": """
        SELECT t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' enabled ' || t.tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal""",
    "function": """
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
        FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "sequence": """
        SELECT c.relname, concat_ws(' ', format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax,
                                    s.seqcycle)
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        WHERE c.relnamespace = current_schema()::regnamespace""",
    "type": """
        SELECT t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
        FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
        WHERE t.typnamespace = current_schema()::regnamespace GROUP BY t.typname""",
    "extension": "SELECT extname, extversion FROM pg_extension",
}


def facts(alias: str) -> Facts:
    """The schema of one database: {(kind, name): definition}."""
    schema: Facts = {}
    with connections[alias].cursor() as cursor:
        for kind, query in _QUERIES.items():
            cursor.execute(query)
            schema |= {(kind, name): " ".join((text or "").split()) for name, text in cursor.fetchall()}
    return schema


def differences(aliases: Iterable[str] | None = None) -> list[str]:
    """A sentence for each object that differs between a shard and the first shard; [] when all schemas are equal."""
    compared_aliases = list(settings.SHARDS if aliases is None else aliases)
    if len(compared_aliases) < 2:
        return []
    first, *others = compared_aliases
    model = facts(first)
    return [line for alias in others for line in compared(first, model, alias, facts(alias))]


def compared(first: str, model: Facts, second: str, other: Facts) -> list[str]:
    """The differences of two schemas, sorted by kind and name."""
    lines = []
    for kind, name in sorted(model.keys() | other.keys()):
        ours, theirs = model.get((kind, name)), other.get((kind, name))
        if ours == theirs:
            continue
        if theirs is None:
            lines.append(f"{second} lacks {kind} {name}, which {first} has")
        elif ours is None:
            lines.append(f"{second} has {kind} {name}, which {first} lacks")
        else:
            lines.append(f"{second} has {kind} {name} as [{theirs}], {first} as [{ours}]")
    return lines
