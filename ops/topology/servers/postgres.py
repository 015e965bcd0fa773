"""PostgreSQL: primaries with their streaming replicas, over unix sockets only."""

import asyncio
import contextlib
import shutil
import signal
import struct
from dataclasses import replace
from pathlib import Path

from ops.topology.machine import unprivileged
from ops.topology.machine.binaries import postgres_bin
from ops.topology.machine.layout import write_private
from ops.topology.machine.process import is_running_with, run_tool
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import replication
from ops.topology.servers.postgres_settings import (
    ACCESS,
    FAST_SETTINGS,
    SETTINGS,
    SETTINGS_FILE,
    connection_string,
    escape,
)
from ops.topology.site.shape import postgres_port
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

MAJOR = "18"
ANSWER_SECONDS = 60.0  # what makes a server usable may take a while on a busy machine
PROTOCOL_3 = 3 << 16
# What makes a server usable must not wait for a replica that can only start after it.
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


def server(site: Site, name: str) -> Spec:
    """The server `name`, as what its group has it: the primary, or a replica of that."""
    return primary(site, name) if site.shape.group_of(name).primary == name else replica(site, name)


def primary(site: Site, name: str) -> Spec:
    """A primary, with the role `tessera` and its databases. One that is still a standby is promoted."""
    this = Server(site, name)

    async def prepare() -> None:
        if not this.has_data():
            _refuse_to_begin_anew(site, this)
            await this.initialise()
        this.render()

    async def settle() -> None:
        await replication.ensure_promoted(this)
        await this.provision()
        await replication.drop_stale_slots(this, site.shape.group_of(name).replicas)

    return replace(this.spec(Role.PRIMARY), prepare=prepare, settle=settle)


def replica(site: Site, name: str) -> Spec:
    """A streaming replica: rewound or copied anew when it was a primary, and copied anew when its slot is gone."""
    this, group = Server(site, name), site.shape.group_of(name)
    source = Server(site, group.primary)

    async def prepare() -> None:
        if name in site.shape.group_of(name).fenced:
            await replication.rejoin(this, source)
            site.shape.put(site.shape.group_of(name).rejoined(name))
        elif not this.has_data() or not await source.keeps_wal_for(this):
            await source.copy_to(this)
        this.standby_signal.touch()
        this.render(follows=source)

    async def settle() -> None:
        await replication.drop_stale_slots(this, ())
        if site.shape.is_synchronous:
            await replication.wait_for(source, this)

    return replace(this.spec(Role.REPLICA), prepare=prepare, settle=settle, needs=(group.primary,))


def _refuse_to_begin_anew(site: Site, this: "Server") -> None:
    """An empty primary beside replicas with data is an accident: it would make them empty too."""
    for other in site.shape.group_of(this.name).replicas:
        if Server(site, other).has_data():
            raise Trouble(
                f"{this.data} is gone, while {other} has its data.\n"
                f"Move {site.layout.postgres(other)} to that place, without its standby.signal, and start again."
            )


def write_passwords(site: Site) -> None:
    """Write the password file of the replicas and of the tools that run before there is a role `tessera`."""
    secrets, path = site.credentials, site.layout.passwords
    users = {"postgres": secrets.postgres_superuser, "replicator": secrets.postgres_replicator}
    write_private(path, "".join(f"*:*:*:{user}:{password}\n" for user, password in users.items()))
    unprivileged.give(path)


class Server:
    """One PostgreSQL data folder and the commands upon it."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.data = site.layout.postgres(name)
        self.port = postgres_port(name)
        self.socket = site.layout.run / f".s.PGSQL.{self.port}"
        self.slot = name.replace("-", "_")
        # While this file is there the server refuses writes, whoever starts it.
        self.standby_signal = self.data / "standby.signal"

    def spec(self, role: Role) -> Spec:
        argv = unprivileged.wrap([postgres_bin("postgres"), "-D", self.data])
        return Spec(
            name=self.name,
            role=role,
            argv=argv,
            address=str(self.socket),
            environ=inherited_environment(),
            home=self.data,
            is_ready=self.accepts_connections,
            start_seconds=120.0,  # recovery after a crash may have much to replay
            stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for every client
            stop_seconds=20.0,
            early_stop_seconds=20.0,  # it may be replaying its log
        )

    def has_data(self) -> bool:
        """Whether the folder holds a data directory. Raises Trouble when it is of another major version."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            return False
        major = version.read_text(encoding="utf-8").strip()
        if major != MAJOR:
            raise Trouble(f"{self.data} is of PostgreSQL {major}, not {MAJOR}.\n`make reset` begins anew.")
        return True

    async def initialise(self) -> None:
        """Make an empty data directory; only a whole one gets the final name."""
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
        unfinished = other._unfinished()  # noqa: SLF001 - the other end of the same copy
        await self.tool(
            "pg_basebackup", "-D", unfinished, "-h", self.site.layout.run, "-p", self.port, "-U", "replicator",
            "--no-password", "--wal-method=stream", f"--slot={other.slot}", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        other._finish(unfinished)  # noqa: SLF001

    async def make_slot_for(self, other: "Server") -> None:
        """Keep from now on what `other` has not received yet."""
        await self.sql(NEW_SLOT, slot=other.slot)

    async def keeps_wal_for(self, other: "Server") -> bool:
        """Whether `other` can go on from where it was. A primary that is away is no reason to stay away too."""
        try:
            return (await self.sql(SLOT_IS_USABLE, slot=other.slot)).strip() == "1"
        except Trouble:
            return True

    def render(self, *, follows: "Server | None" = None) -> None:
        """Write all settings into the data directory, where every tool of PostgreSQL finds them.

        Rendered at each start, so a moved checkout needs no repair.
        """
        settings = {**SETTINGS, **(FAST_SETTINGS if self.site.options.is_fast else {})}
        settings |= replication.synchronous_settings(self.site.shape, self.name)
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
        """Make role, database and extension where they are missing, and set the passwords."""
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
        """Run SQL as the superuser; returns bare values. `variables` are written `:'name'` in it.

        Raises Trouble when it fails or takes longer: a frozen server would keep us for ever.
        """
        settings = "".join(f"\\set {name} '{value}'\n" for name, value in variables.items())
        asking = run_tool(
            [str(postgres_bin("psql")), "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres",
             "-h", str(self.site.layout.run), "-p", str(self.port), "-d", database],
            environ=self._environ(),
            stdin=settings + text,
        )  # fmt: skip
        try:
            return await asyncio.wait_for(asking, timeout=seconds)
        except TimeoutError:
            raise Trouble(f"{self.name} has not answered within {seconds:.0f} s.") from None

    async def accepts_connections(self) -> bool:
        """Ask as `pg_isready` does, without starting a program for it: an offer to authenticate means yes."""
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
        """Remove the locks of a dead postmaster whose pid is a zombie's or by now another program's.

        PostgreSQL only sees that the pid exists. Nobody else can run one here: we hold the lock on `var`.
        """
        for lock in (self.data / "postmaster.pid", self.socket.with_name(f"{self.socket.name}.lock")):
            with contextlib.suppress(OSError, IndexError, ValueError):
                pid = int(lock.read_text(encoding="utf-8").split()[0])
                if not is_running_with(pid, str(self.data)):
                    lock.unlink()

    async def tool(self, program: str, *arguments: str | Path | int) -> None:
        argv = unprivileged.wrap([str(postgres_bin(program)), *map(str, arguments)])
        await run_tool(argv, environ=self._environ())

    def _environ(self) -> dict[str, str]:
        return {**inherited_environment(), "PGPASSFILE": str(self.site.layout.passwords)}


def shell(site: Site, name: str, *, as_superuser: bool) -> tuple[list[str], dict[str, str]]:
    """The psql command and environment for a person who wants to look into the database of `name`."""
    shape = site.shape
    on = name.replace("shard0", shape.group_of("shard0").name, 1)
    database = "postgres" if as_superuser else shape.database_name(name.partition("-")[0])
    user = "postgres" if as_superuser else "tessera"
    secrets = site.credentials
    environ = {
        **inherited_environment(),
        "PGPASSWORD": secrets.postgres_superuser if as_superuser else secrets.postgres_tessera,
        "PGHOST": str(site.layout.run),
        "PGPORT": str(postgres_port(on)),
    }
    return [str(postgres_bin("psql")), "-U", user, "-d", database], environ
