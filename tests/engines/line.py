"""The way of a browser to the network: a SOCKS proxy in this process, which can be slow, and cut."""

import contextlib
import socket
import struct
import threading
import time

CHUNK = 16_384
GRANTED, UNREACHABLE = (
    b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00",
)


class Line:
    """Connects to what a browser asks for. `bytes_per_second`: the pace of what it sends, 0 for any."""

    def __init__(self) -> None:
        self.bytes_per_second = 0
        self._is_cut = False
        self._open = set[socket.socket]()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections and make no more."""
        self._is_cut = True
        for each in list(self._open):
            _close(each)

    def mend(self) -> None:
        """Make connections again, and fast ones."""
        self._is_cut, self.bytes_per_second = False, 0

    def close(self) -> None:
        """Stop listening."""
        self.cut()
        _close(self._server)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._serve, args=(self._server.accept()[0],), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        site = None
        with contextlib.suppress(OSError, ValueError):
            address = _greet(browser)
            if self._is_cut:
                browser.sendall(UNREACHABLE)
            else:
                site = socket.create_connection(address, timeout=30)
                site.settimeout(None)
                self._open |= {browser, site}
                browser.sendall(GRANTED)
                threading.Thread(target=self._pass, args=(site, browser), daemon=True).start()
                self._pass(browser, site, is_outgoing=True)
        for each in filter(None, (browser, site)):
            _close(each)
            self._open.discard(each)

    def _pass(self, source: socket.socket, target: socket.socket, *, is_outgoing: bool = False) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                if is_outgoing and self.bytes_per_second:
                    time.sleep(len(chunk) / self.bytes_per_second)
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)


def _greet(browser: socket.socket) -> tuple[str, int]:
    """Do the handshake of SOCKS 5 (RFC 1928) without a password; return the address that is asked for."""
    browser.recv(2 + 255)
    browser.sendall(b"\x05\x00")
    kind = _read(browser, 4)[3]
    size = {1: 4, 4: 16}.get(kind) or _read(browser, 1)[0]
    host = _read(browser, size)
    name = (
        host.decode()
        if kind == 3
        else socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, host)
    )
    return name, struct.unpack("!H", _read(browser, 2))[0]


def _read(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        some = source.recv(size - len(found))
        if not some:
            raise ValueError("the browser has hung up")
        found += some
    return found


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
