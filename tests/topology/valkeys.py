"""Making the Valkeys of a topology forget."""

import redis

from tests.topology.running import Topology


def flush(topology: Topology) -> None:
    """FLUSHALL on both; one that is down just now has nothing to forget."""
    for name in ("cache", "queue"):
        socket = next(topology.var.glob(f"run/valkey-{name}.sock"), None)
        if socket is None:
            continue
        try:
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.flushall()
        except redis.RedisError:
            continue
