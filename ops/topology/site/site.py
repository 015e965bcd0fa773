"""A site: its files, ports, secrets, databases and options, from which every component is derived."""

import os
from dataclasses import dataclass, field
from urllib.parse import quote

from ops.topology.machine.credentials import Credentials
from ops.topology.machine.layout import Layout
from ops.topology.machine.ports import Ports
from ops.topology.site.shape import Shape, Wishes, postgres_port


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of one start."""

    wishes: Wishes = field(default_factory=Wishes)
    is_fast: bool = False  # PostgreSQL without fsync: tests only


@dataclass(frozen=True, kw_only=True)
class Site:
    """One local site, and the addresses of its servers."""

    layout: Layout
    ports: Ports
    credentials: Credentials
    shape: Shape
    options: Options = field(default_factory=Options)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['site']}"

    @property
    def cdn_url(self) -> str:
        """The address of the edge; its host differs from the site's, so that browsers send it no cookies."""
        return f"http://127.0.0.1:{self.ports['cdn']}"

    @property
    def upload_url(self) -> str:
        return f"http://localhost:{self.ports['upload']}"

    @property
    def s3_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def primary_url(self, name: str) -> str:
        """Return a URL that follows the primary of a database: it lists all servers of the group, the primary first."""
        group = self.shape.group_of(name)
        return self._database_url(name, (group.primary, *group.replicas))

    def replica_urls(self, name: str) -> list[str]:
        """Return one URL per replica of a database: the site keeps lag and health of each server apart."""
        return [self._database_url(name, (server,)) for server in self.shape.group_of(name).replicas]

    def _database_url(self, name: str, servers: tuple[str, ...]) -> str:
        password = self.credentials.postgres_tessera
        hosts = ",".join([quote(str(self.layout.run), safe="/")] * len(servers))
        ports = ",".join(str(postgres_port(server)) for server in servers)
        database = self.shape.database_name(name)
        return f"postgresql://tessera:{password}@/{database}?host={hosts}&port={ports}"

    def valkey_url(self, name: str) -> str:
        return f"unix://{quote(str(self.layout.socket(f'valkey-{name}')), safe='/')}"


def inherited_environment() -> dict[str, str]:
    """Return the operator's environment without the variables that would change how the programs connect or import."""
    dropped = ("PG", "DATABASE_", "SHARD_", "PYTHONHOME", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
