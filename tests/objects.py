"""Fixtures of a real S3 server and edge, started by the first test that needs them, and pictures to store there."""

import io
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import storages
from PIL import Image

from ops.topology.machine import ports
from ops.topology.machine.credentials import Credentials
from ops.topology.machine.layout import Layout
from ops.topology.servers import edge, s3_bucket, storage
from ops.topology.site.environment import APP_KEY_ID, BUCKET, REGION
from ops.topology.site.shape import Shape
from ops.topology.site.site import Site
from photos.files import s3 as store


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Site]:
    """Start SeaweedFS on ports of its own, with the site's bucket."""
    var = Path(tempfile.mkdtemp(prefix="tessera-s3-", dir="/tmp"))
    site = Site(layout=Layout(var), ports=free_ports(), credentials=Credentials(), shape=Shape())
    site.layout.make()
    storage.write_configuration(site)
    with (var / "s3.log").open("wb") as log:
        server = subprocess.Popen(list(map(str, storage.command(site))), stdout=log, stderr=log)
    try:
        _wait(f"{site.s3_url}/status", server, var / "s3.log")
        s3_bucket.ensure(_admin(site), BUCKET, "http://testserver")
        yield site
    finally:
        server.kill()
        server.wait()
        for socket in ports.weed_sockets(site.ports):
            socket.unlink(missing_ok=True)
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def s3(s3_server: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Point the site's storages at the S3 server for one test."""
    changed: dict[str, Any] = {}
    stores: dict[str, Any] = settings.STORAGES
    for name, configured in stores.items():
        options = dict(configured.get("OPTIONS", {}))
        if options:
            options |= {
                "endpoint_url": s3_server.s3_url,
                "access_key": APP_KEY_ID,
                "secret_key": s3_server.credentials.s3_app,
            }
        changed[name] = {**configured, "OPTIONS": options}
    monkeypatch.setattr(storages, "_backends", None)
    monkeypatch.setitem(storages.__dict__, "backends", changed)
    monkeypatch.setattr(storages, "_storages", {})
    store._client.cache_clear()
    monkeypatch.setattr(store, "_patience", store.Patience())
    yield s3_server
    store._client.cache_clear()


@pytest.fixture
def cdn(s3: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start the real edge in front of that server, point the site's settings to it and return its URL."""
    # A topology that was started since then may have taken the edge's ports.
    s3.ports.update({name: port for name, port in free_ports().items() if name in ports.AT_SITE})
    for folder in ("edge-cache", "edge-temporary"):
        (s3.layout.var / folder).mkdir(exist_ok=True)
    edge.Balancer(s3).render()
    url = f"http://localhost:{s3.ports['cdn']}"
    monkeypatch.setattr(settings, "CDN_URL", url)
    monkeypatch.setattr(settings, "CDN_PURGE_TOKEN", s3.credentials.cdn_purge_token)
    monkeypatch.setattr(settings, "CDN_SIGNING_KEY", s3.credentials.cdn_signing_key)
    command = list(map(str, edge.server(s3, edge.Balancer(s3)).argv))
    with (s3.layout.var / "edge.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"{url}/healthz", server, s3.layout.var / "edge.log")
        yield url
    finally:
        server.terminate()
        server.wait()


def free_ports() -> ports.Ports:
    """Return ports on which no process listens at this moment."""
    return ports.choose(ports.anywhere(), is_taken=ports.is_taken)[0]


def picture(width: int = 640, height: int = 480, *, seed: int = 0, format: str = "JPEG") -> bytes:  # noqa: A002 - the field's word
    """Return the encoded bytes of a small picture; another seed gives another picture."""
    gradient = Image.linear_gradient("L").resize((width, height))
    other = Image.radial_gradient("L").resize((width, height))
    flat = Image.new("L", (width, height), seed * 37 % 256)
    written = io.BytesIO()
    Image.merge("RGB", (gradient, other, flat)).save(written, format)
    return written.getvalue()


def put(url: str, headers: dict[str, str], body: bytes) -> int:
    """PUT bytes as a browser does; return the HTTP status."""
    request = urllib.request.Request(url, data=body, method="PUT", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def _admin(site: Site) -> object:
    return boto3.client(
        "s3",
        config=s3_bucket.CONFIG,
        endpoint_url=site.s3_url,
        region_name=REGION,
        aws_access_key_id=storage.ADMIN_KEY_ID,
        aws_secret_access_key=site.credentials.s3_admin,
    )


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"S3 did not start:\n{log.read_text()[-3000:]}")
