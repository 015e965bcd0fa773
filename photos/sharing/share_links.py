"""Share links: ways to an album or a photo for whoever knows them, however private it is.

A link's address holds its id, which names its shard, and 192 bits that cannot be guessed: an HMAC of a random salt with
the site's key. The row keeps the salt and a hash, so that the owner can be shown the address again, and whoever reads
the database alone learns no address.

A visit is counted once, by a conditional update: of many who come at once, no more are let in than there is room for.
Who is in stays in for some hours, by a signed cookie. A link with a password or a limit has a door that wants a click,
so that programs which look at links for a preview use nothing up.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import caches
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from photos.library import albums
from photos.models import Album, Download, Photo, Rendition, ShareLink
from photos.models.querysets import PhotoQuerySet
from photos.text import cleaning
from sharding.consistency import causal
from sharding.rows import buckets, ids, transactions
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

SECRET_BYTES = 24
MAX_LINKS = 500
WRONG_PASSWORDS = 10
LOCKED_SECONDS = 15 * 60
INSIDE_SECONDS = 12 * 3600
LISTED_FOR = timedelta(days=30)  # once it is over


class Refused(ValueError):
    """What a link cannot be; says so to its owner."""


class Over(Exception):
    """The link leads nowhere any more: `reason` is revoked, expired, used-up or empty."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class WrongPassword(Exception):
    """Not the one."""


class Locked(Exception):
    """There were too many wrong passwords from there, or nobody can count them now."""


@dataclass(frozen=True)
class Terms:
    """What a link allows; None and empty: without that condition."""

    name: str = ""
    password: str = ""
    expires_at: datetime | None = None
    max_views: int | None = None
    download: str = Download.NONE


def create(target: Album | Photo, terms: Terms) -> ShareLink:
    """Make a link to one's own album or photo. Raises Refused."""
    _check(terms)
    link = ShareLink(
        owner_id=target.owner_id,
        album_id=target.pk if isinstance(target, Album) else None,
        photo_id=target.pk if isinstance(target, Photo) else None,
        name=cleaning.one_line(terms.name)[: ShareLink.NAME_LENGTH],
        salt=secrets.token_hex(16),
        password=make_password(terms.password) if terms.password else "",
        expires_at=terms.expires_at,
        max_views=terms.max_views,
        download=terms.download,
        created_at=timezone.now(),
    )
    link.secret_hash = _hash(_secret(link))
    with shard_atomic(owner_id=target.owner_id):
        _hold_number(target.owner_id)
        if ShareLink.objects.of(target.owner_id).filter(_is_open()).count() >= MAX_LINKS:
            raise Refused(
                _("There is room for %(most)s links. End some of them first.") % {"most": MAX_LINKS}
            )
        link.save()
    return link


def address(link: ShareLink) -> str:
    """Return the whole address, or nothing when the site's key has changed since: the link works all the same."""
    secret = _secret(link)
    if not constant_time_compare(_hash(secret), link.secret_hash):
        return ""
    return f"{settings.SITE_URL}/s/{token_of(link.pk, secret)}/"


def token_of(link_id: int, secret: str) -> str:
    """Return what stands in the address."""
    return f"{ids.encode(link_id)}.{secret}"


def find(token: str) -> ShareLink | None:
    """Return the link of an address, as its primary has it: what was revoked is revoked."""
    pid, _, secret = token.partition(".")
    try:
        link_id = ids.decode(pid)
    except ids.InvalidId:
        return None
    with causal.pin():
        link = ShareLink.objects.locate(link_id).first()
    return link if link is not None and constant_time_compare(_hash(secret), link.secret_hash) else None


def of_owner(owner_id: int, *, before: int | None = None) -> ShardedQuerySet[ShareLink]:
    """Return all links of an owner, or those made before one of them, the latest first, with what they lead to."""
    mine = ShareLink.objects.of(owner_id).select_related("album", "photo").order_by("-pk")
    return mine if before is None else mine.filter(pk__lt=before)


def revoke(owner_id: int, link_id: int) -> bool:
    """End a link for ever; return whether there was one that was not ended."""
    mine = ShareLink.objects.of(owner_id).filter(pk=link_id, revoked_at=None)
    return bool(mine.update(revoked_at=timezone.now()))


def forget(alias: str) -> int:
    """Delete links of a shard that have been over for a month; return how many.

    One that is used up ends once the last visitors are out: from then on its month is counted.
    """
    now, links = timezone.now(), ShareLink.objects.on(alias)
    long_ago, visitors_out = now - LISTED_FOR, now + timedelta(seconds=INSIDE_SECONDS)
    is_endless = Q(expires_at=None) | Q(expires_at__gt=visitors_out)
    links.filter(is_endless, views__gte=F("max_views")).update(expires_at=visitors_out)
    over = Q(revoked_at__lt=long_ago) | Q(expires_at__lt=long_ago)
    return int(links.filter(over).delete()[0])


def why_over(link: ShareLink) -> str:
    """Return why nobody comes in any more, or nothing while somebody does."""
    if link.revoked_at is not None:
        return "revoked"
    if link.max_views is not None and link.views >= link.max_views:
        return "used-up"
    return "expired" if _is_expired(link) else ""


def check_open(link: ShareLink, *, is_inside: bool) -> None:
    """Raise Over for a link that has ended; one that is used up is not over for those who are inside."""
    reason = why_over(link)
    if reason and not (is_inside and reason == "used-up" and not _is_expired(link)):
        raise Over(reason)


def enter(link: ShareLink, *, password: str = "", network: str = "") -> None:
    """Let one more visitor in, and count them. Raises WrongPassword, Locked, Over."""
    if link.password:
        _check_password(link, password, network)
    if not ShareLink.objects.locate(link.pk).filter(_is_open()).update(views=F("views") + 1):
        with causal.pin():
            link.refresh_from_db()
        raise Over(why_over(link) or "revoked")


def pass_for(link: ShareLink) -> str:
    """Return what shows for some hours that a visitor was let in. A new password makes it worthless."""
    return _signer().sign(f"{link.pk}:{_hash(link.password)[:16]}")


def is_pass(link: ShareLink, shown: str) -> bool:
    """Return whether a visitor was let in by this link before."""
    try:
        said = _signer().unsign(shown, max_age=INSIDE_SECONDS)
    except BadSignature:
        return False
    return constant_time_compare(said, f"{link.pk}:{_hash(link.password)[:16]}")


def photos_of(link: ShareLink) -> PhotoQuerySet:
    """Return what a link shows: what there is a picture of, whoever may see it otherwise."""
    shown = Photo.objects.of(link.owner_id).shown()
    if link.photo_id is not None:
        return shown.filter(pk=link.photo_id)
    return albums.seen_in(Album(pk=link.album_id, owner_id=link.owner_id), shown)


def clean_file(photo: Photo) -> Rendition | None:
    """Return the largest picture of a photo that everybody's programs can read; its credit is all the data in it."""
    made = Rendition.objects.of_photo(photo.pk).filter(stamp=photo.stamp, format="jpeg")
    return made.exclude(name__startswith="sq").order_by("-width").first()


def neutral_name(photo: Photo) -> str:
    """Return a file name that says nothing of camera, day or place, and keeps two photos apart."""
    return f"photo-{hashlib.sha256(photo.sha256.encode()).hexdigest()[:6]}.jpg"


def _is_open() -> Q:
    """What lets somebody in now."""
    is_lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    has_room = Q(max_views=None) | Q(views__lt=F("max_views"))
    return is_lasting & has_room & Q(revoked_at=None)


def _is_expired(link: ShareLink) -> bool:
    return link.expires_at is not None and link.expires_at <= timezone.now()


def _hold_number(owner_id: int) -> None:
    """Let nobody else make links of an owner meanwhile: two at once would find the same room."""
    transactions.lock_name(f"links:{owner_id}", alias=buckets.shard_for_owner(owner_id))


def _check(terms: Terms) -> None:
    if terms.download not in Download.values:
        raise Refused(_("Please choose what may be downloaded."))
    if terms.max_views is not None and not 1 <= terms.max_views <= 1_000_000:
        raise Refused(_("A link can be opened between once and a million times."))
    if len(terms.password) > 200:
        raise Refused(_("A password may have 200 characters."))


def _check_password(link: ShareLink, password: str, network: str) -> None:
    """Count a try before it is made, so that many at once are no more than one after another."""
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


def _secret(link: ShareLink) -> str:
    digest = salted_hmac("photos.links.secret", link.salt, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:SECRET_BYTES]).decode()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="photos.links.pass")
