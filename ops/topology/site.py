"""What every component has to know of the topology that it belongs to."""

import os
from dataclasses import dataclass, field
from urllib.parse import quote

from ops.topology.credentials import Credentials
from ops.topology.layout import Layout
from ops.topology.ports import Ports

DATABASES = ("directory", "shard0", "shard1")
SHARDS = DATABASES[1:]
FIRST_POSTGRES_PORT = 5440


@dataclass(frozen=True, kw_only=True)
class Options:
    """How this start differs from the usual one."""

    web: int = 2
    workers: int = 2
    has_replicas: bool = True
    is_fast: bool = False  # PostgreSQL without fsync: tests only


@dataclass(frozen=True, kw_only=True)
class Site:
    """One topology: where, behind which ports, with which secrets."""

    layout: Layout
    ports: Ports
    credentials: Credentials
    options: Options = field(default_factory=Options)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['site']}"

    @property
    def cdn_url(self) -> str:
        """Another host than the site's, so that the site's cookies never reach it."""
        return f"http://127.0.0.1:{self.ports['cdn']}"

    @property
    def upload_url(self) -> str:
        return f"http://localhost:{self.ports['upload']}"

    @property
    def s3_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def database_url(self, name: str) -> str:
        """`name` is a component such as `shard0` or `shard0-replica`."""
        password = self.credentials.postgres_tessera
        host = quote(str(self.layout.run), safe="/")
        return f"postgresql://tessera:{password}@/tessera?host={host}&port={postgres_port(name)}"

    def replica_urls(self, name: str) -> list[str]:
        return [self.database_url(f"{name}-replica")] if self.options.has_replicas else []

    def valkey_url(self, name: str) -> str:
        return f"unix://{quote(str(self.layout.socket(f'valkey-{name}')), safe='/')}"


def postgres_port(name: str) -> int:
    """The number in the name of a PostgreSQL socket; no TCP port is used."""
    database, _, replica = name.partition("-")
    return FIRST_POSTGRES_PORT + 2 * DATABASES.index(database) + bool(replica)


def inherited_environment() -> dict[str, str]:
    """The operator's environment without what would change how our programs connect or import."""
    dropped = ("PG", "DATABASE_", "SHARD_", "PYTHONHOME", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
