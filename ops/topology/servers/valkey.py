"""Two Valkeys: a cache that may evict anything, and a queue that must keep everything."""

from pathlib import Path

from ops.topology.machine.binaries import valkey
from ops.topology.machine.probes import valkey_answers
from ops.topology.machine.process import leash
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

CACHE = ("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lfu")
QUEUE = (
    "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
    "--appendonly", "yes", "--appendfsync", "everysec",
)  # fmt: skip


def cache(site: Site) -> Spec:
    """Return the spec of the cache: in memory only, evicts the least frequently used keys."""
    return _server(site, "cache", Role.CACHE, CACHE)


def queue(site: Site) -> Spec:
    """Return the spec of the queue, which also holds sessions and tokens: on disk, never evicts."""
    return _server(site, "queue", Role.QUEUE, QUEUE)


def _server(site: Site, name: str, role: Role, policy: tuple[str, ...]) -> Spec:
    folder, socket = site.layout.var / f"valkey-{name}", site.layout.socket(f"valkey-{name}")

    async def prepare() -> None:
        folder.mkdir(exist_ok=True, mode=0o700)

    async def is_ready() -> bool:
        return await valkey_answers(socket)

    argv: list[str | Path] = [valkey(), "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"]
    argv += ["--dir", folder, "--save", "", "--daemonize", "no", *policy]
    return Spec(
        name=name,
        role=role,
        argv=leash(argv),
        address=str(socket),
        environ=inherited_environment(),
        prepare=prepare,
        is_ready=is_ready,
    )
