"""The servers of the fast tier: one private PostgreSQL and one private Valkey, started with the test session.

Loaded with `-p tests.servers` so that the environment is set before Django's settings are read. Under xdist the
controller starts the servers and the workers inherit their addresses. Nothing listens on a network port; S3 is started
by the fixture that needs it.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ops.topology.machine import binaries, unprivileged

RUN_VARIABLE = "TESSERA_TEST_RUN"
DATABASES = ("tessera", "shard0", "shard1")
LOCALE = ("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
POSTGRES_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{run}'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 100
wal_level = logical
max_replication_slots = 20
max_wal_senders = 20
max_worker_processes = 32
max_logical_replication_workers = 16
shared_buffers = 64MB
io_method = sync
jit = off
autovacuum = off
"""


def _environment(run: Path) -> dict[str, str]:
    def database(name: str) -> str:
        return f"postgresql://tessera@/{name}?host={run}"

    shards = " ".join(f"{name}={database(name)}" for name in DATABASES[1:])
    return {
        "SECRET_KEY": secrets.token_urlsafe(),
        "ENVIRONMENT": "test",
        "SITE_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,localhost",
        "POD_NAME": "test-1",
        "DATABASE_URL": database("tessera"),
        "DATABASE_REPLICA_URLS": database("tessera"),
        "SHARD_URLS": shards,
        "SHARD_REPLICA_URLS": shards,
        "CACHE_URL": f"unix://{run}/valkey.sock",
        "QUEUE_URL": f"unix://{run}/valkey.sock",
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",  # discard: a test that needs S3 asks for the fixture
        "S3_ACCESS_KEY_ID": "APP",
        "S3_SECRET_ACCESS_KEY": secrets.token_urlsafe(),
        "CDN_URL": "http://cdn.testserver",
        "CDN_SIGNING_KEY": secrets.token_urlsafe(),
        "STATIC_ROOT": str(run / "static"),
        "LOG_LEVEL": "WARNING",
    }


def _is_controller() -> bool:
    return "PYTEST_XDIST_WORKER" not in os.environ


if _is_controller():
    # A short path: a socket's address may have 107 bytes.
    os.environ[RUN_VARIABLE] = tempfile.mkdtemp(prefix="tessera-test-", dir="/tmp")
    os.environ.update(_environment(Path(os.environ[RUN_VARIABLE])))
    Path(os.environ["STATIC_ROOT"]).mkdir()


def run_directory() -> Path:
    """Return the 0700 directory with the sockets and data of this session's servers."""
    return Path(os.environ[RUN_VARIABLE])


class Servers:
    """PostgreSQL and Valkey of one test session."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both and make empty databases. Raises RuntimeError with the words of the one that fails."""
        valkey = [binaries.valkey(), "--port", "0", "--unixsocket", self.run / "valkey.sock", "--save", ""]
        self._spawn([str(part) for part in valkey], "valkey")
        data = self.run / "pg"
        self._call("initdb", "-D", data, "-U", "tessera", "-A", "trust", "-N", "--no-instructions", *LOCALE)
        (data / "postgresql.auto.conf").write_text(POSTGRES_SETTINGS.format(run=self.run))
        self._spawn(unprivileged.wrap([str(binaries.postgres_bin("postgres")), "-D", str(data)]), "postgres")
        self._wait_for_postgres()
        for name in DATABASES:
            self._psql(f"CREATE DATABASE {name}")

    def stop(self) -> None:
        """Kill what was started and remove its data: nothing here is worth a clean shutdown."""
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.run, ignore_errors=True)

    def _spawn(self, argv: list[str], name: str) -> None:
        with (self.run / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.run)
        self.processes.append(process)

    def _call(self, program: str, *arguments: object) -> None:
        argv = unprivileged.wrap([str(binaries.postgres_bin(program)), *map(str, arguments)])
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def _psql(self, statement: str) -> None:
        self._call("psql", "-X", "-q", "-h", self.run, "-U", "tessera", "-d", "postgres", "-c", statement)

    def _wait_for_postgres(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._psql("SELECT 1")
            except RuntimeError:
                if time.monotonic() > deadline or self.processes[-1].poll() is not None:
                    raise RuntimeError((self.run / "postgres.log").read_text()[-2000:]) from None
                time.sleep(0.05)


_servers: list[Servers] = []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers once, in the controller; collecting alone needs none."""
    if _is_controller() and not session.config.option.collectonly:
        servers = Servers(run_directory())
        _servers.append(servers)
        servers.start()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Stop them, also after a failed start."""
    while _servers:
        _servers.pop().stop()
    if _is_controller():
        shutil.rmtree(run_directory(), ignore_errors=True)
