"""One PostgreSQL server: its data folder, its settings, and the commands that act on it."""

import asyncio
import contextlib
import shutil
import signal
import struct
from pathlib import Path

from ops.topology.machine import unprivileged
from ops.topology.machine.binaries import postgres_bin
from ops.topology.machine.layout import write_private
from ops.topology.machine.process import is_running_with, run_tool
from ops.topology.machine.trouble import Trouble
from ops.topology.servers.postgres_settings import (
    ACCESS,
    FAST_SETTINGS,
    SETTINGS,
    SETTINGS_FILE,
    connection_string,
    escape,
    synchronous_settings,
)
from ops.topology.site.shape import postgres_port
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

MAJOR = "18"
ANSWER_SECONDS = 60.0  # generous: creating roles and databases may take a while on a busy machine
PROTOCOL_3 = 3 << 16
# `local`: these statements run before any replica can start, so their commits must not wait for one.
PROVISION = r"""
SET synchronous_commit = local;
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['tessera', 'replicator']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE tessera REPLICATION PASSWORD :'tessera';
ALTER ROLE replicator REPLICATION PASSWORD :'replicator';
GRANT pg_monitor, pg_create_subscription TO tessera;
SELECT format('CREATE DATABASE %I OWNER tessera', name) FROM unnest(string_to_array(:'databases', ',')) AS name
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
"""
EXTENSIONS = """
SET synchronous_commit = local;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
"""
SLOT_IS_USABLE = (
    "SELECT count(*) FROM pg_replication_slots WHERE slot_name = :'slot' AND wal_status <> 'lost'"
)
NEW_SLOT = r"""
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = :'slot';
SELECT pg_create_physical_replication_slot(:'slot', true);
"""


class Server:
    """A PostgreSQL server by name: where its data and socket are, and the commands that act on it."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.data = site.layout.postgres(name)
        self.port = postgres_port(name)
        self.socket = site.layout.run / f".s.PGSQL.{self.port}"
        self.slot = name.replace("-", "_")
        # While this file exists the server starts as a standby and refuses writes.
        self.standby_signal = self.data / "standby.signal"

    def spec(self, role: Role) -> Spec:
        """Return the spec without `prepare` and `settle`, which depend on the role."""
        argv = unprivileged.wrap([postgres_bin("postgres"), "-D", self.data])
        return Spec(
            name=self.name,
            role=role,
            argv=argv,
            address=str(self.socket),
            environ=inherited_environment(),
            home=self.data,
            is_ready=self.accepts_connections,
            start_seconds=120.0,  # after a crash it may have to replay much of its log
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to disconnect
            stop_seconds=20.0,
            early_stop_seconds=20.0,  # it may be replaying its log
        )

    def has_data(self) -> bool:
        """Return whether the folder holds a data directory. Raises Trouble when another major version made it."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            return False
        major = version.read_text(encoding="utf-8").strip()
        if major != MAJOR:
            raise Trouble(
                f"{self.data} is of PostgreSQL {major}, not {MAJOR}.\n"
                "`make reset` removes all local data and begins anew."
            )
        return True

    async def initialise(self) -> None:
        """Create an empty data directory under a temporary name, and rename it when it is complete."""
        unfinished = self._unfinished()
        password = self.site.layout.run / f"{self.name}.initial"
        write_private(password, self.site.credentials.postgres_superuser)
        unprivileged.give(password)
        await self.tool(
            "initdb", "-D", unfinished, "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}",
            "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums",
        )  # fmt: skip
        password.unlink()
        self._finish(unfinished)

    async def copy_to(self, other: "Server") -> None:
        """Make `other` a standby with a copy of this primary's data and a fresh slot."""
        await self.make_slot_for(other)
        unfinished = other._unfinished()  # noqa: SLF001 - the other end of this copy
        await self.tool(
            "pg_basebackup", "-D", unfinished, "-h", self.site.layout.run, "-p", self.port, "-U", "replicator",
            "--no-password", "--wal-method=stream", f"--slot={other.slot}", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        other._finish(unfinished)  # noqa: SLF001 - see above

    async def make_slot_for(self, other: "Server") -> None:
        """Replace the replication slot of `other`: from now on the log that it has not received is kept."""
        await self.sql(NEW_SLOT, slot=other.slot)

    async def keeps_wal_for(self, other: "Server") -> bool:
        """Return whether `other` can continue from its position; True as well while this server is away."""
        try:
            return (await self.sql(SLOT_IS_USABLE, slot=other.slot)).strip() == "1"
        except Trouble:
            return True

    def render(self, *, follows: "Server | None" = None) -> None:
        """Write all settings into the data directory, where the tools of PostgreSQL look for them.

        Called at each start, so that a checkout may be moved.
        """
        settings = {**SETTINGS, **(FAST_SETTINGS if self.site.options.is_fast else {})}
        settings |= synchronous_settings(self.site.shape, self.name)
        settings |= {
            "port": str(self.port),
            "unix_socket_directories": f'"{self.site.layout.run}"',
            "cluster_name": self.name,
        }
        if follows:
            settings |= self._standby_settings(follows)
        lines = [f"{name} = '{escape(value)}'" for name, value in settings.items()]
        write_private(self.data / SETTINGS_FILE, "\n".join(lines) + "\n")
        write_private(self.data / "postgresql.conf", f"include '{SETTINGS_FILE}'\n")
        write_private(self.data / "pg_hba.conf", ACCESS)
        unprivileged.give_tree(self.data)
        self._remove_stale_locks()

    async def provision(self) -> None:
        """Create roles, databases and extensions where they are missing, and set the passwords."""
        secrets = self.site.credentials
        databases = self.site.shape.hosted_by(self.site.shape.group_of(self.name))
        await self.sql(
            PROVISION,
            tessera=secrets.postgres_tessera,
            replicator=secrets.postgres_replicator,
            databases=",".join(databases),
        )
        for name in databases:
            await self.sql(EXTENSIONS, database=name)

    async def sql(
        self, text: str, *, database: str = "postgres", seconds: float = ANSWER_SECONDS, **variables: str
    ) -> str:
        """Run SQL as the superuser through psql, and return its unaligned output. `:'name'` stands for a variable.

        Raises Trouble when it fails or takes longer than `seconds`: a frozen server would never answer.
        """
        settings = "".join(f"\\set {name} '{value}'\n" for name, value in variables.items())
        answer = run_tool(
            [str(postgres_bin("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres",
             "-h", str(self.site.layout.run), "-p", str(self.port), "-d", database],
            environ=self._environ(),
            stdin=settings + text,
        )  # fmt: skip
        try:
            return await asyncio.wait_for(answer, timeout=seconds)
        except TimeoutError:
            raise Trouble(f"{self.name} has not answered within {seconds:.0f} s.") from None

    async def accepts_connections(self) -> bool:
        """Return whether the server offers to authenticate: what `pg_isready` asks, without starting a program."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            body = struct.pack("!i", PROTOCOL_3) + b"user\0postgres\0database\0postgres\0\0"
            writer.write(struct.pack("!i", len(body) + 4) + body)
            return await reader.readexactly(1) == b"R"
        finally:
            writer.close()

    def _standby_settings(self, source: "Server") -> dict[str, str]:
        target = {
            "host": str(self.site.layout.run),
            "port": str(source.port),
            "user": "replicator",
            "passfile": str(self.site.layout.passwords),
            "application_name": self.name,
        }
        return {
            "primary_conninfo": connection_string(target),
            "primary_slot_name": self.slot,
        }

    def _unfinished(self) -> Path:
        folder = self.data.with_name(f"{self.name}.unfinished")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        return folder

    def _finish(self, unfinished: Path) -> None:
        unfinished.rename(self.data)

    def _remove_stale_locks(self) -> None:
        """Remove the locks of a dead postmaster whose pid now belongs to a zombie or to another program.

        PostgreSQL only checks that the pid exists. No other supervisor can run a server here: this one holds the lock
        on `var`.
        """
        for lock in (self.data / "postmaster.pid", self.socket.with_name(f"{self.socket.name}.lock")):
            with contextlib.suppress(OSError, IndexError, ValueError):
                pid = int(lock.read_text(encoding="utf-8").split()[0])
                if not is_running_with(pid, str(self.data)):
                    lock.unlink()

    async def tool(self, program: str, *arguments: str | Path | int) -> None:
        """Run a program of PostgreSQL to its end. Raises Trouble with its last lines when it fails."""
        argv = unprivileged.wrap([str(postgres_bin(program)), *map(str, arguments)])
        await run_tool(argv, environ=self._environ())

    def _environ(self) -> dict[str, str]:
        return {**inherited_environment(), "PGPASSFILE": str(self.site.layout.passwords)}
