"""TCP ports of a site: the usual ones, or free ones in their place."""

import contextlib
import os
import random
import socket
import time
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path

SITE_BASE = 8000
STORAGE_BASE = 21000
AT_SITE = ("site", "cdn", "upload")
AT_STORAGE = (
    "s3", "s3_grpc", "s3_master", "s3_master_grpc",
    "s3_volume", "s3_volume_grpc", "s3_filer", "s3_filer_grpc",
)  # fmt: skip
FREE_RANGE = range(10_000, 32_000)  # below the ports that kernels give to outgoing connections
LINGER_SECONDS = 3.0

Ports = dict[str, int]


def preferred(site_base: int = SITE_BASE) -> Ports:
    """Return the usual ports: `site_base` is the site's, the next two the CDN's and the upload gateway's."""
    site = {name: site_base + offset for offset, name in enumerate(AT_SITE)}
    return site | {name: STORAGE_BASE + offset for offset, name in enumerate(AT_STORAGE)}


def anywhere() -> Ports:
    """Return neighbouring ports at random, for sites that run beside others.

    Blocks are apart: two sites that choose at the same moment share either all ports, rarely, or none.
    """
    names = AT_SITE + AT_STORAGE
    first = random.SystemRandom().choice(FREE_RANGE[:: len(names)][:-1])
    return {name: first + offset for offset, name in enumerate(names)}


def choose(
    candidates: Mapping[str, int], *, is_taken: Callable[[int], bool], patience_seconds: float = 0.0
) -> tuple[Ports, list[str]]:
    """Return the candidates with each taken port replaced by a free one, and a sentence for each replacement.

    Waits up to `patience_seconds` in all: a killed process releases its ports a little later.
    """
    deadline = time.monotonic() + patience_seconds
    chosen: Ports = {}
    sentences = []
    for name, port in candidates.items():
        while is_taken(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        chosen[name] = port
        if is_taken(port) or port in list(chosen.values())[:-1]:
            chosen[name] = _free_port(is_taken, {*candidates.values(), *chosen.values()})
            sentences.append(f"Port {port} ({name}) is taken: using {chosen[name]}.")
    return chosen, sentences


def is_taken(port: int) -> bool:
    """Return whether a program listens on the port, or another user's socket would keep SeaweedFS from using it."""
    return any(not _can_bind(family, host, port) for family, host in loopbacks()) or _has_foreign_socket(port)


def loopbacks() -> list[tuple[socket.AddressFamily, str]]:
    """Return the loopback addresses: IPv4, and IPv6 where there is one, which browsers try first for `localhost`."""
    addresses = [(socket.AF_INET, "127.0.0.1")]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        addresses.append((socket.AF_INET6, "::1"))
    return addresses


def weed_sockets(ports: Mapping[str, int]) -> list[Path]:
    """Return SeaweedFS's gRPC sockets of these ports; that they lie in /tmp cannot be configured."""
    return [path for port in ports.values() for path in _sockets_of(port)]


def _free_port(is_taken: Callable[[int], bool], excluded: set[int]) -> int:
    start = random.SystemRandom().randrange(len(FREE_RANGE))
    candidates = chain(FREE_RANGE[start:], FREE_RANGE[:start])
    return next(port for port in candidates if port not in excluded and not is_taken(port))


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _has_foreign_socket(port: int) -> bool:
    """Return whether another user owns a gRPC socket of the port: SeaweedFS cannot remove it and would not start."""
    return any(path.lstat().st_uid != os.getuid() for path in _sockets_of(port))


def _sockets_of(port: int) -> list[Path]:
    return list(Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"))  # noqa: S108 - where SeaweedFS puts them
