"""Causal tokens, {alias of a primary: LSN}: how far a replica must have replayed to answer a reader.

An LSN is an int in Python; `X/Y` exists only at PostgreSQL's border. The text form carries its expiry, because a token
of a timeline that ended with a failover would keep its bearer on the primary for ever."""

import re
import time

from django.conf import settings

Tokens = dict[str, int]
# Beside the LSNs: the version of the bucket map that the writer knew. Not an identifier, so no alias has this name.
MAP = "0map"
# Set when Valkey could not be told of a write: the bearer takes no cached value that was loaded before (ms).
CACHE = "0cache"

_TEXT = re.compile(r"([0-9a-f]{1,12})((?:\.[a-z0-9_]+:[0-9a-f]{1,16})+)", re.ASCII)
_MAX_CHARACTERS = 4000


def lsn_from_text(text: str) -> int:
    """`16/B374D848` as a position in bytes."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def merge(*several: Tokens) -> Tokens:
    """The token that covers all given: the largest LSN of each alias."""
    merged: Tokens = {}
    for tokens in several:
        for alias, lsn in tokens.items():
            merged[alias] = max(lsn, merged.get(alias, 0))
    return merged


def dump(tokens: Tokens) -> str:
    """A compact text for cookies, messages and links; "" for no tokens."""
    if not tokens:
        return ""
    expires_at = int(time.time()) + settings.CAUSAL_TOKEN_TTL_SECONDS
    # No character here needs quoting in a cookie or a URL.
    return ".".join([f"{expires_at:x}", *(f"{alias}:{lsn:x}" for alias, lsn in sorted(tokens.items()))])


def load(text: str) -> Tokens:
    """The tokens in a text of `dump`; none when it has expired or is anything else."""
    match = _TEXT.fullmatch(text) if len(text) <= _MAX_CHARACTERS else None
    if match is None or int(match[1], 16) < time.time():
        return {}
    pairs = (pair.split(":") for pair in match[2][1:].split("."))
    return {alias: int(lsn, 16) for alias, lsn in pairs}
