"""Emptying the Valkeys of a site."""

import redis

from tests.topology.running import Topology


def flush(topology: Topology) -> None:
    """Send FLUSHALL to both; one that is down is skipped."""
    for name in ("cache", "queue"):
        socket = next(topology.var.glob(f"run/valkey-{name}.sock"), None)
        if socket is None:
            continue
        try:
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.flushall()
        except redis.RedisError:
            continue
