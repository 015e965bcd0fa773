"""Visits to a share link: the password, the limit of visitors, and the pass that keeps a visitor inside.

A visitor is counted once, by a conditional update, so that many at once never exceed the limit. A signed cookie then
lets the visitor in again for PASS_SECONDS. A link with a password or a limit asks for a click first, so that programs
that fetch links for a preview are not counted.
"""

from django.contrib.auth.hashers import check_password
from django.core.cache import caches
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import F
from django.utils.crypto import constant_time_compare

from photos.models import ShareLink
from photos.sharing.share_links import PASS_SECONDS, end_reason, is_expired, is_open, sha256_hex
from sharding.consistency import causal

WRONG_PASSWORDS = 10  # of one link from one network, before LOCKED_SECONDS without a try
LOCKED_SECONDS = 15 * 60


class Ended(Exception):
    """The link leads nowhere any more: `reason` is revoked, expired, used-up or empty."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class WrongPassword(Exception):
    """The password is not the link's."""


class Locked(Exception):
    """Too many wrong passwords came from this network, or the cache that counts them does not answer."""


def check_open(link: ShareLink, *, is_inside: bool) -> None:
    """Raise Ended for a link that has ended; one that is used up stays open for visitors who are inside."""
    reason = end_reason(link)
    if reason and not (is_inside and reason == "used-up" and not is_expired(link)):
        raise Ended(reason)


def enter(link: ShareLink, *, password: str = "", network: str = "") -> None:
    """Let one more visitor in and count the visit. `network` is the visitor's. Raises WrongPassword, Locked, Ended."""
    if link.password:
        _check_password(link, password, network)
    if not ShareLink.objects.locate(link.pk).filter(is_open()).update(views=F("views") + 1):
        with causal.pin():
            link.refresh_from_db()
        raise Ended(end_reason(link) or "revoked")


def sign_pass(link: ShareLink) -> str:
    """Return the pass that shows, for PASS_SECONDS, that a visitor was let in; a new password invalidates it."""
    return _signer().sign(_pass_value(link))


def is_valid_pass(link: ShareLink, signed: str) -> bool:
    """Return whether `signed` is a pass of this link."""
    try:
        value = _signer().unsign(signed, max_age=PASS_SECONDS)
    except BadSignature:
        return False
    return constant_time_compare(value, _pass_value(link))


def _pass_value(link: ShareLink) -> str:
    return f"{link.pk}:{sha256_hex(link.password)[:16]}"


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="photos.links.pass")


def _check_password(link: ShareLink, password: str, network: str) -> None:
    """Check a password. Each try is counted before it is made, so that parallel tries cannot exceed the limit."""
    cache, key = caches["durable"], f"link-password:{link.pk}:{network}"
    cache.add(key, 0, LOCKED_SECONDS)
    try:
        tries = int(cache.incr(key) or 0)
    except ValueError:
        tries = 0
    if not 0 < tries <= WRONG_PASSWORDS:
        raise Locked
    if check_password(password, link.password):
        cache.delete(key)
        return
    if tries == WRONG_PASSWORDS:
        cache.touch(key, LOCKED_SECONDS)
        raise Locked
    raise WrongPassword
