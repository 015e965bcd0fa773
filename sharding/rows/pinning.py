"""The pin: a block of code that reads primaries on purpose.

`shard_atomic` pins while its transaction is open. The router's rule (`consistency.causal`) reads the pin; it is kept
down here because a transaction needs it and must not import the layers above."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

EVERYWHERE: frozenset[str] = frozenset({"*"})

_pinned: ContextVar[frozenset[str]] = ContextVar("causal_pinned", default=frozenset())


@contextmanager
def pin(alias: str | None = None) -> Iterator[None]:
    """Read the primary instead of its replicas, of one alias or of all. Nests."""
    token = begin(alias)
    try:
        yield
    finally:
        end(token)


def begin(alias: str | None = None) -> Token[frozenset[str]]:
    """Pin until `end` is called with the token returned, in the reverse order of several calls."""
    return _pinned.set(_pinned.get() | ({alias} if alias else EVERYWHERE))


def end(token: Token[frozenset[str]]) -> None:
    """Undo one `begin`."""
    _pinned.reset(token)


def is_pinned(primary: str) -> bool:
    """Whether reads of a primary are pinned to it in the calling code."""
    pinned = _pinned.get()
    return primary in pinned or "*" in pinned
