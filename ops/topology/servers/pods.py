"""The site's own processes: one-shot provisioning, web pods, workers, the scheduler."""

import sys
from pathlib import Path

from ops.topology.machine.probes import http_status_on_socket
from ops.topology.machine.process import leash
from ops.topology.site import environment
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

PROVISION = "provision"
# Every worker serves who waits first and what is wanted soon; what has time never takes the even ones.
URGENT_QUEUES = ("interactive", "media")
ALL_QUEUES = (*URGENT_QUEUES, "bulk")
NEEDS = (PROVISION, "cache", "queue")
DRAIN_MS = 8_000
GRANIAN = (
    "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1", "--blocking-threads", "4",
    "--workers-kill-timeout", "10",
)  # fmt: skip


def provision(site: Site) -> Spec:
    """Migrations on directory and shards, static files, the admin's account: quick when nothing changed."""
    primaries = (group.primary for group in site.shape.groups.values())
    return Spec(
        name=PROVISION,
        role=Role.SETUP,
        argv=leash(environment.manage("provision")),
        environ=_environ(site, PROVISION) | {"ADMIN_PASSWORD": site.credentials.admin_password},
        needs=(*primaries, "cache", "queue"),
        start_seconds=300.0,
    )


def web(site: Site, number: int) -> Spec:
    """A web pod, listening on a unix socket that the load balancer knows."""
    name = f"web-{number}"
    socket = site.layout.socket(name)

    async def prepare() -> None:
        socket.unlink(missing_ok=True)  # granian does not replace a stale one

    async def is_ready() -> bool:
        return await http_status_on_socket(socket, "/readyz") == 200

    # The permissions are octal only with the prefix.
    where = ["--uds", str(socket), "--uds-permissions", "0o700"]
    argv = [sys.executable, "-m", "granian", *GRANIAN, *where, "config.wsgi:application"]
    return Spec(
        name=name,
        role=Role.WEB,
        argv=leash(argv),
        address=str(socket),
        environ=_environ(site, name),
        needs=NEEDS,
        prepare=prepare,
        is_ready=is_ready,
        stop_seconds=12.0,
    )


def worker(site: Site, number: int) -> Spec:
    """A worker process with two threads; it touches its ready file while it is well."""
    queues = ALL_QUEUES if number % 2 else URGENT_QUEUES
    argv = [sys.executable, "-m", "dramatiq", "config.worker", "--processes", "1", "--threads", "2"]
    argv += ["--queues", *queues, "--worker-shutdown-timeout", str(DRAIN_MS), "--skip-logging"]
    return _touching(site, f"worker-{number}", Role.WORKER, argv)


def scheduler(site: Site) -> Spec:
    """Periodic work. One is enough; a second would wait for the first one's lock."""
    return _touching(site, "scheduler", Role.SCHEDULER, environment.manage("scheduler"))


def _touching(site: Site, name: str, role: Role, argv: list[str]) -> Spec:
    """A process that is ready when it touches its ready file, which the last one may have left behind."""
    ready = site.layout.run / f"{name}.ready"

    async def prepare() -> None:
        ready.unlink(missing_ok=True)

    async def is_ready() -> bool:
        return ready.exists()

    return Spec(
        name=name,
        role=role,
        argv=leash(argv),
        environ=_environ(site, name)
        | {"READY_FILE": str(ready), "METRICS_FILE": str(_metrics_file(site, name))},
        needs=NEEDS,
        prepare=prepare,
        is_ready=is_ready,
        stop_seconds=DRAIN_MS / 1000 + 2,
    )


def _metrics_file(site: Site, name: str) -> Path:
    return site.layout.run / f"{name}.prom"


def _environ(site: Site, name: str) -> dict[str, str]:
    return inherited_environment() | environment.of_pod(site, name)
