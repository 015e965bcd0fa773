"""S3: one SeaweedFS process with one private bucket; it listens on loopback only."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.topology.machine.binaries import weed
from ops.topology.machine.layout import write_private
from ops.topology.machine.ports import weed_sockets
from ops.topology.machine.probes import http_get
from ops.topology.machine.process import leash, run_tool
from ops.topology.site.environment import APP_KEY_ID, BUCKET, REGION
from ops.topology.site.site import Site, inherited_environment
from ops.topology.site.spec import Role, Spec

ADMIN_KEY_ID = "tessera-admin"
EDGE_KEY_ID = "tessera-edge"
# One copy, and one new volume at a time: the defaults reserve more volumes than `volume.max` allows.
MASTER = '[master.volume_growth]\ncopy_1 = 1\n[master.maintenance]\nscripts = ""\n'


def server(site: Site) -> Spec:
    """Return the spec of the S3 server; it has settled when the bucket exists with its CORS rule."""

    async def prepare() -> None:
        write_configuration(site)
        for stale in weed_sockets(site.ports):
            stale.unlink(missing_ok=True)

    async def is_ready() -> bool:
        status, _ = await http_get(site.ports["s3"], "/status")
        return status == 200

    async def settle() -> None:
        await _ensure_bucket(site)

    return Spec(
        name="s3",
        role=Role.STORAGE,
        argv=leash(command(site), death_signal="KILL"),
        address=site.s3_url,
        environ={**inherited_environment(), "GOMEMLIMIT": "512MiB"},
        prepare=prepare,
        is_ready=is_ready,
        settle=settle,
        stop_seconds=1.0,  # its own stop takes 15 s; acknowledged objects survive being killed
    )


def command(site: Site) -> list[str | Path]:
    """Return the command line. Everything listens on 127.0.0.1; unused services are switched off."""
    data, ports = _folder(site) / "data", site.ports
    flags = {
        "dir": data,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": ports["s3_master"],
        "master.port.grpc": ports["s3_master_grpc"],
        "master.telemetry": "false",  # on by default
        "master.electionTimeout": "1s",
        "master.volumeSizeLimitMB": 256,
        "volume.port": ports["s3_volume"],
        "volume.port.grpc": ports["s3_volume_grpc"],
        "volume.max": 64,
        "volume.preStopSeconds": 0,
        "volume.minFreeSpace": "1GiB",
        "filer": "true",
        "filer.port": ports["s3_filer"],
        "filer.port.grpc": ports["s3_filer_grpc"],
        "filer.localSocket": site.layout.socket("filer"),
        "filer.exposeDirectoryData": "false",
        "filer.disableDirListing": "true",
        "s3": "true",
        "s3.port": ports["s3"],
        "s3.port.grpc": ports["s3_grpc"],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.localSocket": site.layout.socket("s3"),
        "s3.config": _folder(site) / "conf" / "s3.json",
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.allowedOrigins": site.url,
    }
    general = ["-logtostderr=true", f"-config_dir={_folder(site) / 'conf'}"]
    return [weed(), *general, "server", *(f"-{name}={value}" for name, value in flags.items())]


def write_configuration(site: Site) -> None:
    """Write identities, tokens and folders. Without tokens the ports behind S3 would be open."""
    folder, secrets = _folder(site), site.credentials
    for path in (folder, folder / "conf", folder / "data"):
        path.mkdir(exist_ok=True, mode=0o700)
    signing = {
        "jwt.signing": secrets.weed_write,
        "jwt.signing.read": secrets.weed_read,
        "jwt.filer_signing": secrets.weed_filer_write,
        "jwt.filer_signing.read": secrets.weed_filer_read,
    }
    files = {
        "master.toml": MASTER,
        "filer.toml": f"[leveldb2]\nenabled = true\ndir = {json.dumps(str(folder / 'data' / 'filer'))}\n",
        "security.toml": "".join(f'[{section}]\nkey = "{key}"\n' for section, key in signing.items()),
        "s3.json": json.dumps(identities(secrets.s3_admin, secrets.s3_app, secrets.s3_edge), indent=2),
    }
    for name, text in files.items():
        write_private(folder / "conf" / name, text)


def identities(admin: str, app: str, edge: str) -> Mapping[str, object]:
    """Return who may do what: the site reads and writes its bucket, the edge only reads it."""
    on_bucket = {
        "app": [f"{action}:{BUCKET}" for action in ("Read", "Write", "List", "Tagging")],
        "edge": [f"Read:{BUCKET}"],
    }
    everything = ["Admin", "Read", "Write", "List", "Tagging"]
    return {
        "identities": [
            _identity("admin", ADMIN_KEY_ID, admin, everything),
            _identity("app", APP_KEY_ID, app, on_bucket["app"]),
            _identity("edge", EDGE_KEY_ID, edge, on_bucket["edge"]),
        ]
    }


def _identity(name: str, key_id: str, secret: str, actions: list[str]) -> Mapping[str, object]:
    return {"name": name, "credentials": [{"accessKey": key_id, "secretKey": secret}], "actions": actions}


async def _ensure_bucket(site: Site) -> None:
    """Create the bucket, unless that was done for this origin before: loading boto3 takes half a second."""
    made_for = _folder(site) / "bucket"
    if made_for.exists() and made_for.read_text(encoding="utf-8") == site.url:
        return
    await run_tool(
        [sys.executable, "-m", "ops.topology.servers.s3_bucket", BUCKET, site.url],
        environ={
            **inherited_environment(),
            "AWS_ENDPOINT_URL": site.s3_url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ADMIN_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": site.credentials.s3_admin,
        },
    )
    made_for.write_text(site.url, encoding="utf-8")


def _folder(site: Site) -> Path:
    return site.layout.var / "s3"
