"""Replication: promoting a standby, making a former primary a standby, letting commits wait for a standby."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

from ops.topology.machine import unprivileged
from ops.topology.machine.trouble import Trouble
from ops.topology.servers.postgres_server import Server
from ops.topology.servers.postgres_settings import connection_string

PROMOTE_SECONDS = 30
STREAM_SECONDS = 20.0
PROMOTE = f"SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(true, {PROMOTE_SECONDS}) ELSE true END"
POSITION = (
    "SELECT pg_is_in_recovery()::int || ' ' || (greatest(pg_last_wal_receive_lsn(),"
    " pg_last_wal_replay_lsn(), '0/0') - '0/0'::pg_lsn)"
)
STALE_SLOTS = """
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
 WHERE slot_type = 'physical' AND NOT active AND NOT slot_name = ANY (string_to_array(:'kept', ','))
"""
IS_STREAMING = (
    "SELECT count(*) FROM pg_stat_replication WHERE application_name = :'name' AND state = 'streaming'"
)


async def ensure_promoted(server: Server) -> None:
    """Promote a standby; do nothing for a primary. Raises Trouble when the promotion takes too long."""
    if (await server.sql(PROMOTE)).strip() != "t":
        raise Trouble(f"{server.name} has not become a primary within {PROMOTE_SECONDS} s.")


async def find_position(server: Server) -> int | None:
    """Return how many bytes of log a standby has received; None when it is no standby or does not answer in 2 s."""
    try:
        text = await server.sql(POSITION, seconds=2.0)
    except Trouble:
        return None
    in_recovery, _, position = text.strip().partition(" ")
    return int(position) if in_recovery == "1" else None


async def drop_stale_slots(server: Server, replicas: Iterable[str]) -> None:
    """Drop the replication slots of servers that no longer follow this one: their log would fill the disk."""
    kept = ",".join(name.replace("-", "_") for name in replicas)
    await server.sql(STALE_SLOTS, kept=kept)


async def rejoin(server: Server, source: Server) -> None:
    """Make a fenced server a standby of `source`: rewind it to where their logs diverged, or else copy it anew."""
    try:
        await source.make_slot_for(server)
        await _rewind(server, source)
    except Trouble as trouble:
        with server.site.layout.log(server.name).open("a", encoding="utf-8") as log:
            log.write(f"{server.name} cannot be rewound and is copied anew. {trouble}\n")
        await source.copy_to(server)


async def _rewind(server: Server, source: Server) -> None:
    if not server.has_data():
        raise Trouble(f"There is no data of {server.name}.")
    # pg_rewind first runs crash recovery in single-user mode, which is not possible for a standby.
    server.standby_signal.unlink(missing_ok=True)
    await source.sql("CHECKPOINT")  # pg_rewind reads the new timeline from the control file
    site = server.site
    target = {
        "host": str(site.layout.run),
        "port": str(source.port),
        "user": "postgres",
        "dbname": "postgres",
        "passfile": str(site.layout.passwords),
    }
    await server.tool(
        "pg_rewind", "-D", server.data, f"--source-server={connection_string(target)}", "--no-sync"
    )
    server.standby_signal.touch()
    unprivileged.give_tree(server.data)


async def wait_for(source: Server, server: Server) -> None:
    """Let the commits of `source` wait for `server`, once it streams. Raises Trouble when it does not in time."""
    deadline = time.monotonic() + STREAM_SECONDS
    while (await source.sql(IS_STREAMING, name=server.name)).strip() != "1":
        if time.monotonic() > deadline:
            raise Trouble(
                f"{server.name} has not begun to receive the log of {source.name} within {STREAM_SECONDS:.0f} s."
            )
        await asyncio.sleep(0.1)
    shape = source.site.shape
    shape.put(shape.group_of(server.name).waiting_for(server.name))
    await reload(source)


async def stop_waiting_for(source: Server, name: str) -> None:
    """Let the commits of `source` go on without a replica that the operator stops."""
    shape = source.site.shape
    group = shape.group_of(name)
    if name in group.synchronous:
        shape.put(group.not_waiting_for(name))
        with contextlib.suppress(
            Trouble
        ):  # a primary that is away or frozen reads the settings at its next start
            await reload(source)


async def reload(server: Server, *, follows: Server | None = None) -> None:
    """Write the settings of a running server again and let it read them."""
    server.render(follows=follows)
    await server.sql("SELECT pg_reload_conf()", seconds=5.0)
