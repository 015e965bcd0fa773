"""nginx as load balancer, CDN edge and upload gateway; its upstream list holds the web pods that are ready."""

import asyncio
import os
import re
import signal
from collections.abc import Iterable
from pathlib import Path

from ops.topology.machine.binaries import nginx
from ops.topology.machine.layout import write_private
from ops.topology.machine.ports import loopbacks
from ops.topology.machine.probes import http_get
from ops.topology.machine.process import leash
from ops.topology.servers.storage import EDGE_KEY_ID
from ops.topology.site.environment import BUCKET, REGION
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

SOURCES = Path(__file__).parent / "nginx"
ORIGIN_HOST = "origin.internal"
NO_POD_SOCKET = "nobody.sock"  # nothing listens there: without pods visitors see away.html
HIDDEN = ("X-Amz-Request-Id", "Seaweed-X-Amz-Etag", "Seaweed-X-Amz-Owner", "Seaweed-X-Amz-Storage-Class")
RELOAD_SECONDS = 3.0
RELOAD_PROOFS = 4  # answers of the new generation in a row: old workers close their port last


class Balancer:
    """The load balancer's list of web pods, and the nginx configuration that holds it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pods: tuple[str, ...] = ()
        self.generation = 0
        self._lock = asyncio.Lock()

    def render(self) -> None:
        """Write the configuration for the present list."""
        folder = self.site.layout.run / "nginx"
        folder.mkdir(exist_ok=True, mode=0o700)
        values = settings(self.site, self.pods, self.generation, folder)
        write_private(folder / "nginx.conf", fill((SOURCES / "nginx.conf.in").read_text("utf-8"), values))
        write_private(folder / "edge.js", fill((SOURCES / "edge.js").read_text("utf-8"), values))
        write_private(folder / "away.html", (SOURCES / "away.html").read_text("utf-8"))

    async def follow(self, pods: Iterable[str], pid: int | None) -> None:
        """Send requests to these pods only, from now on; without a `pid` of nginx, from its next start on."""
        async with self._lock:
            ready = tuple(sorted(pods))
            if ready == self.pods:
                return
            self.pods, self.generation = ready, self.generation + 1
            self.render()
            if pid:
                os.kill(pid, signal.SIGHUP)
                await self._wait_for_reload()

    async def _wait_for_reload(self) -> None:
        loop = asyncio.get_running_loop()
        deadline, proofs = loop.time() + RELOAD_SECONDS, 0
        while proofs < RELOAD_PROOFS and loop.time() < deadline:
            proofs = proofs + 1 if await self._is_current() else 0
            await asyncio.sleep(0.02)

    async def _is_current(self) -> bool:
        try:
            _, body = await http_get(self.site.ports["cdn"], "/healthz")
        except OSError:
            return False
        return body.strip() == f"ok {self.generation}"


def server(site: Site, balancer: Balancer) -> Spec:
    """Return the spec of nginx. It needs no other component: before the pods are ready visitors see away.html."""
    folder = site.layout.run / "nginx"

    async def prepare() -> None:
        for path in ("edge-cache", "edge-temporary"):
            (site.layout.var / path).mkdir(exist_ok=True, mode=0o700)
        balancer.render()

    async def is_ready() -> bool:
        status, _ = await http_get(site.ports["cdn"], "/healthz")
        return status == 200

    return Spec(
        name="edge",
        role=Role.EDGE,
        argv=leash([nginx(), "-e", "stderr", "-p", site.layout.var, "-c", folder / "nginx.conf"]),
        address=site.url,
        environ=inherited_environment(),
        prepare=prepare,
        is_ready=is_ready,
        stop_signal=signal.SIGQUIT,
        stop_seconds=3.0,
    )


def settings(site: Site, pods: Iterable[str], generation: int, folder: Path) -> dict[str, str]:
    """Return the values of the `@NAME@` placeholders in the configuration and in the script."""
    return {
        "USER": "user root;"
        if os.geteuid() == 0
        else "",  # otherwise its workers could not enter the folders of `var`
        "HERE": str(folder),
        "RUN": str(site.layout.run),
        "VAR": str(site.layout.var),
        "GENERATION": str(generation),
        "PODS": upstream(site.layout.run, pods),
        "SITE_URL": site.url,
        "SITE_HOST": site.url.removeprefix("http://"),
        "BUCKET": BUCKET,
        "REGION": REGION,
        "ORIGIN_HOST": ORIGIN_HOST,
        "EDGE_KEY_ID": EDGE_KEY_ID,
        "EDGE_SECRET": site.credentials.s3_edge,
        "SIGNING_KEY": site.credentials.cdn_signing_key,
        "PURGE_TOKEN": site.credentials.cdn_purge_token,
        "HIDE_STORAGE_HEADERS": " ".join(f"proxy_hide_header {name};" for name in HIDDEN),
        **{f"LISTEN_{name.upper()}": listen(site.ports[name]) for name in ("site", "cdn", "upload")},
    }


def upstream(run: Path, pods: Iterable[str]) -> str:
    """Return the `server` lines of the load balancer; nginx demands at least one."""
    sockets = [f"{pod}.sock" for pod in pods] or [NO_POD_SOCKET]
    return "\n".join(
        f'        server "unix:{run}/{socket}" max_fails=3 fail_timeout=2s;' for socket in sockets
    )


def listen(port: int) -> str:
    """Return the `listen` directives of a port on all loopback addresses."""
    hosts = [f"[{host}]" if ":" in host else host for _, host in loopbacks()]
    return " ".join(f"listen {host}:{port};" for host in hosts)


def fill(template: str, values: dict[str, str]) -> str:
    """Replace the placeholders. Raises KeyError for one without a value; nginx's own `@names` are lower case."""
    return re.sub(r"@([A-Z][A-Z_]*)@", lambda place: values[place[1]], template)
