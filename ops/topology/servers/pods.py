"""The Django processes: one-shot provisioning, web pods, workers, the scheduler."""

import sys
from pathlib import Path

from ops.topology.machine.probes import http_status_on_socket
from ops.topology.machine.process import leash, run_tool
from ops.topology.machine.trouble import Trouble
from ops.topology.site import environment
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

PROVISION = "provision"
# Workers with even numbers take no bulk jobs, so that a flood of them never delays the urgent queues.
URGENT_QUEUES = ("interactive", "media")
ALL_QUEUES = (*URGENT_QUEUES, "bulk")
NEEDS = (PROVISION, "cache", "queue")
DRAIN_MS = 8_000
NOT_MIGRATED = "Not migrated:"
GRANIAN = (
    "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1", "--blocking-threads", "4",
    "--workers-kill-timeout", "10",
)  # fmt: skip


def provision(site: Site) -> Spec:
    """Return the spec of `manage.py provision`: migrations, static files, the admin's account."""
    primaries = (group.primary for group in site.shape.groups.values())
    return Spec(
        name=PROVISION,
        role=Role.SETUP,
        argv=leash(environment.manage("provision")),
        environ=_environ(site, PROVISION) | {"ADMIN_PASSWORD": site.credentials.admin_password},
        needs=(*primaries, "cache", "queue"),
        start_seconds=300.0,
    )


async def check_schema(site: Site) -> None:
    """Raise Trouble when a database lacks migrations of the code that a pod would load now.

    A server that is away is no reason: pods start without it.
    """
    try:
        await run_tool(environment.manage("migrate_all", "--check"), environ=_environ(site, "check"))
    except Trouble as trouble:
        lines = [line for line in str(trouble).splitlines() if NOT_MIGRATED in line]
        for line in lines:
            databases = line.partition(NOT_MIGRATED)[2].partition(". ")[0]
            raise Trouble(
                f"Nothing was changed: the code has migrations that have not run on{databases}.\n"
                "Run them first: `manage.py topology restart provision`."
            ) from None


def web(site: Site, number: int) -> Spec:
    """Return the spec of a web pod, which listens on a unix socket behind the load balancer."""
    name = f"web-{number}"
    socket = site.layout.socket(name)

    async def prepare() -> None:
        socket.unlink(missing_ok=True)  # granian does not replace a stale one

    async def is_ready() -> bool:
        return await http_status_on_socket(socket, "/readyz") == 200

    # granian reads the permissions as octal only with the prefix.
    binding = ["--uds", str(socket), "--uds-permissions", "0o700"]
    argv = [sys.executable, "-m", "granian", *GRANIAN, *binding, "config.wsgi:application"]
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
    """Return the spec of a worker process with two threads."""
    queues = ALL_QUEUES if number % 2 else URGENT_QUEUES
    argv = [sys.executable, "-m", "dramatiq", "config.worker", "--processes", "1", "--threads", "2"]
    argv += ["--queues", *queues, "--worker-shutdown-timeout", str(DRAIN_MS), "--skip-logging"]
    return _with_ready_file(site, f"worker-{number}", Role.WORKER, argv)


def scheduler(site: Site) -> Spec:
    """Return the spec of the scheduler; a second one would wait for the first one's lock."""
    return _with_ready_file(site, "scheduler", Role.SCHEDULER, environment.manage("scheduler"))


def _with_ready_file(site: Site, name: str, role: Role, argv: list[str]) -> Spec:
    """Return the spec of a process that is ready once it has written its ready file."""
    ready = site.layout.run / f"{name}.ready"

    async def prepare() -> None:
        ready.unlink(missing_ok=True)  # of an earlier process

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
    return inherited_environment() | environment.for_pod(site, name)
