"""The servers of a benchmark: one PostgreSQL with a directory and eight shards, and two streaming replicas."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from ops.topology.machine import binaries, unprivileged

SHARDS: Final = tuple(f"shard{number}" for number in range(8))
REPLICAS: Final = 2
PORTS: Final = tuple(range(5432, 5433 + REPLICAS))
SETTINGS: Final = """
listen_addresses = ''
unix_socket_directories = '{run}'
fsync = off
max_connections = 200
wal_level = logical
max_worker_processes = 32
max_logical_replication_workers = 16
shared_buffers = 128MB
io_method = sync
jit = off
autovacuum = off
hot_standby_feedback = on
"""


@contextmanager
def running() -> Iterator[Path]:
    """Start the servers and name them in the environment. Call this before Django's settings are read."""
    run = Path(tempfile.mkdtemp(prefix="tessera-fleet-", dir="/tmp"))
    unprivileged.give(run)
    started: list[subprocess.Popen[bytes]] = []
    try:
        call("initdb", "-D", run / "pg5432", "-U", "tessera", "-A", "trust", "-N", "--no-instructions")
        (run / "pg5432" / "postgresql.auto.conf").write_text(SETTINGS.format(run=run))
        started.append(serve(run, PORTS[0]))
        for name in ("directory", *SHARDS):
            ask(run, f"CREATE DATABASE {name}")
        for port in PORTS[1:]:
            source = ["-h", run, "-p", PORTS[0], "-U", "tessera", "-c", "fast", "-N"]
            call("pg_basebackup", *source, "-D", run / f"pg{port}", "-R", "-X", "stream")
            started.append(serve(run, port))
        os.environ.update(environment(run))
        yield run
    finally:
        for process in reversed(started):
            process.kill()
        for process in started:
            process.wait(timeout=30)
        shutil.rmtree(run, ignore_errors=True)


def environment(run: Path) -> dict[str, str]:
    """Return the environment of a process that uses these servers."""

    def url(name: str, port: int) -> str:
        return f"postgresql://tessera@/{name}?host={run}&port={port}"

    nowhere = f"unix://{run}/no-valkey.sock"
    replicas = [f"{shard}={url(shard, port)}" for shard in SHARDS for port in PORTS[1:]]
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_urlsafe(),
        "ENVIRONMENT": "bench",
        "SITE_URL": "http://bench",
        "DATABASE_URL": url("directory", PORTS[0]),
        "DATABASE_REPLICA_URLS": " ".join(url("directory", port) for port in PORTS[1:]),
        "SHARD_URLS": " ".join(f"{shard}={url(shard, PORTS[0])}" for shard in SHARDS),
        "SHARD_REPLICA_URLS": " ".join(replicas),
        "CACHE_URL": nowhere,
        "QUEUE_URL": nowhere,
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",
        "CDN_URL": "http://cdn.bench",
        "CDN_SIGNING_KEY": secrets.token_urlsafe(),
        "LOG_LEVEL": "ERROR",
    }


def call(program: str, *arguments: object) -> None:
    """Run one of PostgreSQL's programs."""
    argv = unprivileged.wrap([str(binaries.postgres_bin(program)), *map(str, arguments)])
    subprocess.run(argv, check=True, capture_output=True)


def serve(run: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server of a data directory and wait until it answers."""
    argv = [str(binaries.postgres_bin("postgres")), "-D", str(run / f"pg{port}"), "-p", str(port)]
    with (run / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(unprivileged.wrap(argv), stdout=log, stderr=log, cwd=run)
    deadline = time.monotonic() + 30
    while True:
        try:
            ask(run, "SELECT 1", port)
        except psycopg.OperationalError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return process


def ask(run: Path, statement: str, port: int = PORTS[0]) -> None:
    """Run one statement on a server."""
    with psycopg.connect(
        host=str(run), port=port, user="tessera", dbname="postgres", autocommit=True
    ) as link:
        link.execute(statement)
