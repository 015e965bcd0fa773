"""Causal tokens for other people: whoever is told of a change must be able to see it.

A worker that writes a notification, or finishes somebody's photo, promises what it has read and written to that person;
their next request, on any device, is answered by servers that have it. A link in a mail or a webhook carries the same
promise itself, since nobody knows who will follow it. Promises end after CAUSAL_TOKEN_TTL_SECONDS, which is longer than
any lag that is tolerated."""

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from django.core.signing import BadSignature, Signer

from sharding.consistency import causal, tokens
from sharding.consistency.causal import Session
from sharding.consistency.token_store import store
from sharding.consistency.tokens import Tokens
from sharding.rows.placement import primaries

PARAMETER = "t"
_signer = Signer(salt="sharding.promises")


def known() -> Tokens:
    """What the current session was promised and has written.

    Outside of any, as in a command, nothing remembers what was written: then it is all that has been written so far."""
    if causal.is_open():
        return causal.current().token()
    return Session(dirty=set(primaries())).written()


def promise(*user_ids: int) -> None:
    """Let the next requests of these users see what the current session knows. Call it after the commit."""
    promised = known()
    for user_id in user_ids:
        store.merge(str(user_id), promised)


def link(url: str, promised: Tokens | None = None) -> str:
    """The address with a token (the current session's, by default) for whoever follows it: in mails and webhooks.

    Signed, because a made-up token would send its bearer to the primary at will."""
    text = tokens.dump(known() if promised is None else promised)
    if not text:
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER]
    query.append((PARAMETER, _signer.sign(text)))
    return SplitResult(parts.scheme, parts.netloc, parts.path, urlencode(query), parts.fragment).geturl()


def load(text: str) -> Tokens:
    """The token that `link` wrote; none when it has expired or was not written here."""
    try:
        return tokens.load(_signer.unsign(text))
    except BadSignature:
        return {}
