"""Hands causal tokens to other users, so that a user who is told of a change can see it.

A worker that writes a notification, or finishes a user's photo, hands what it has read and written to that user: their
next request, on any device, is answered by servers that have it. A link in a mail or a webhook carries the token
itself, since its reader is not known. Tokens end after CAUSAL_TOKEN_TTL_SECONDS, which is longer than any tolerated
lag."""

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from django.core.signing import BadSignature, Signer

from sharding.consistency import causal, tokens
from sharding.consistency.causal import Session
from sharding.consistency.token_store import store
from sharding.consistency.tokens import Tokens
from sharding.rows.placement import primaries

PARAMETER = "t"
_signer = Signer(salt="sharding.promises")


def current_token() -> Tokens:
    """What the current session must see and has written.

    Outside of a session, as in a command, nothing remembers writes: the token then covers all writes so far."""
    if causal.is_open():
        return causal.current().token()
    return Session(dirty=set(primaries())).written()


def hand_token_to(*user_ids: int) -> None:
    """Let the next requests of these users see what the current session knows. Call it after the commit."""
    token = current_token()
    for user_id in user_ids:
        store.merge(str(user_id), token)


def link(url: str, token: Tokens | None = None) -> str:
    """The address with a token in its query (by default the current session's), for mails and webhooks.

    Signed, because an invented token would send its bearer to primaries at will."""
    text = tokens.dump(current_token() if token is None else token)
    if not text:
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER]
    query.append((PARAMETER, _signer.sign(text)))
    return SplitResult(parts.scheme, parts.netloc, parts.path, urlencode(query), parts.fragment).geturl()


def load(text: str) -> Tokens:
    """The token that `link` wrote; none when it has expired or its signature is not this site's."""
    try:
        return tokens.load(_signer.unsign(text))
    except BadSignature:
        return {}
