"""PostgreSQL as components: primaries with their streaming replicas, over unix sockets only."""

from dataclasses import replace

from ops.topology.machine import unprivileged
from ops.topology.machine.binaries import postgres_bin
from ops.topology.machine.layout import write_private
from ops.topology.machine.trouble import Trouble
from ops.topology.servers import replication
from ops.topology.servers.postgres_server import Server
from ops.topology.site.shape import postgres_port
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec


def server(site: Site, name: str) -> Spec:
    """Return the spec of the server `name` in its present role: the primary of its group, or a replica."""
    return primary(site, name) if site.shape.group_of(name).primary == name else replica(site, name)


def primary(site: Site, name: str) -> Spec:
    """Return the spec of a primary with the role `tessera` and its databases; a standby is promoted at its start."""
    this = Server(site, name)

    async def prepare() -> None:
        if not this.has_data():
            _check_replicas_are_empty(site, this)
            await this.initialise()
        this.render()

    async def settle() -> None:
        await replication.ensure_promoted(this)
        await this.provision()
        await replication.drop_stale_slots(this, site.shape.group_of(name).replicas)

    return replace(this.spec(Role.PRIMARY), prepare=prepare, settle=settle)


def replica(site: Site, name: str) -> Spec:
    """Return the spec of a streaming replica.

    At its start a fenced former primary is rewound (or copied anew), and a replica whose slot is gone is copied anew.
    """
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


def _check_replicas_are_empty(site: Site, this: Server) -> None:
    """Raise Trouble when a replica has data and its primary has none: an empty primary would empty the replica."""
    for other in site.shape.group_of(this.name).replicas:
        if Server(site, other).has_data():
            raise Trouble(
                f"{this.data} is gone, while {other} has its data.\n"
                f"Move {site.layout.postgres(other)} to that place, without its standby.signal, and start again."
            )


def write_passwords(site: Site) -> None:
    """Write the password file of the replicas, and of the tools that run before the role `tessera` exists."""
    secrets, path = site.credentials, site.layout.passwords
    users = {"postgres": secrets.postgres_superuser, "replicator": secrets.postgres_replicator}
    write_private(path, "".join(f"*:*:*:{user}:{password}\n" for user, password in users.items()))
    unprivileged.give(path)


def shell(site: Site, name: str, *, as_superuser: bool) -> tuple[list[str], dict[str, str]]:
    """Return the psql command and its environment, for an operator who opens the database `name`."""
    shape = site.shape
    server_name = name.replace("shard0", shape.group_of("shard0").name, 1)  # of a single server: `directory`
    database = "postgres" if as_superuser else shape.database_name(name.partition("-")[0])
    user = "postgres" if as_superuser else "tessera"
    secrets = site.credentials
    environ = {
        **inherited_environment(),
        "PGPASSWORD": secrets.postgres_superuser if as_superuser else secrets.postgres_tessera,
        "PGHOST": str(site.layout.run),
        "PGPORT": str(postgres_port(server_name)),
    }
    return [str(postgres_bin("psql")), "-U", user, "-d", database], environ
