"""Readiness probes: the shortest exchange of each server's own protocol."""

import asyncio
from pathlib import Path

PING = b"PING\r\n"
PONG = b"+PONG"


async def valkey_answers(socket: Path) -> bool:
    """Return whether Valkey answers PING with PONG, which it does once its data is loaded."""
    return PONG in await _exchange(await asyncio.open_unix_connection(str(socket)), PING, len(PONG))


async def http_status_on_socket(socket: Path, path: str) -> int:
    """Return the status of a GET over a unix socket; 0 when it closed without an answer."""
    streams = await asyncio.open_unix_connection(str(socket))
    return _status(await _exchange(streams, _get(path)))


async def http_get(port: int, path: str) -> tuple[int, str]:
    """Return status and body of a GET to 127.0.0.1; status 0 when it closed without an answer."""
    answer = await _exchange(await asyncio.open_connection("127.0.0.1", port), _get(path))
    return _status(answer), answer.partition(b"\r\n\r\n")[2].decode(errors="replace")


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def _status(answer: bytes) -> int:
    parts = answer.split(maxsplit=2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


async def _exchange(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes, at_most: int = -1
) -> bytes:
    reader, writer = streams
    try:
        writer.write(request)
        return await reader.read(at_most)
    finally:
        writer.close()
