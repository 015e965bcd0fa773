"""Whether all shards have the same schema, by what their catalogs say and not by which migrations they have seen.

`differences()` names what one shard has otherwise than the first: whoever moves a bucket, promotes a replica or ends a
release asks it. What belongs to a move alone (publications, subscriptions) and what differs by nature (owners,
statistics, the values of sequences) is not compared."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connections

Facts = dict[tuple[str, str], str]

# Each gives (name of the thing, what it is like).
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
    """Everything that makes up the schema of one database: {(kind, name): what it is like}."""
    found: Facts = {}
    with connections[alias].cursor() as cursor:
        for kind, query in _QUERIES.items():
            cursor.execute(query)
            found |= {(kind, name): " ".join((text or "").split()) for name, text in cursor.fetchall()}
    return found


def differences(aliases: Iterable[str] | None = None) -> list[str]:
    """A sentence for each thing that a shard has otherwise than the first shard; empty when all are equal."""
    wanted = list(settings.SHARDS if aliases is None else aliases)
    if not wanted:
        return []
    model = facts(wanted[0])
    return [line for alias in wanted[1:] for line in compared(wanted[0], model, alias, facts(alias))]


def compared(first: str, model: Facts, second: str, found: Facts) -> list[str]:
    """The differences of two schemas, sorted by kind and name."""
    lines = []
    for kind, name in sorted(model.keys() | found.keys()):
        here, there = model.get((kind, name)), found.get((kind, name))
        if here == there:
            continue
        if there is None:
            lines.append(f"{second} lacks {kind} {name}, which {first} has")
        elif here is None:
            lines.append(f"{second} has {kind} {name}, which {first} lacks")
        else:
            lines.append(f"{second} has {kind} {name} as [{there}], {first} as [{here}]")
    return lines
