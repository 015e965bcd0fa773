"""Share links: secret URLs to an album or a photo, for readers without an account or without access.

A link's URL holds its id, which names its shard, and 192 bits that cannot be guessed: an HMAC of a random salt with the
site's key. The row keeps the salt and a hash of the secret. So the owner can be shown the URL again, and a reader of
the database alone cannot compute it.

`share_visits` lets visitors in and counts them.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from photos.library import album_contents
from photos.models import Album, Download, Photo, ShareLink
from photos.models.querysets import PhotoQuerySet
from photos.text import cleaning
from sharding.consistency import causal
from sharding.rows import buckets, ids, transactions
from sharding.rows.managers import ShardedQuerySet
from sharding.rows.transactions import shard_atomic

SECRET_BYTES = 24
MAX_LINKS = 500  # open ones of an owner
PASS_SECONDS = 12 * 3600  # for which a visitor stays inside
LISTED_FOR = timedelta(days=30)  # after its end


class Refused(ValueError):
    """The link cannot have these terms; the message is for its owner."""


@dataclass(frozen=True)
class Terms:
    """What a link allows; None or an empty string: without that condition."""

    name: str = ""
    password: str = ""
    expires_at: datetime | None = None
    max_views: int | None = None
    download: str = Download.NONE


def create(target: Album | Photo, terms: Terms) -> ShareLink:
    """Create a link to an owner's album or photo. Raises Refused."""
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
    link.secret_hash = sha256_hex(_secret(link))
    with shard_atomic(owner_id=target.owner_id):
        _lock_links_of(target.owner_id)
        if ShareLink.objects.of(target.owner_id).filter(is_open()).count() >= MAX_LINKS:
            raise Refused(
                _("You can have up to %(most)s links. Stop sharing some of them first.") % {"most": MAX_LINKS}
            )
        link.save()
    return link


def url(link: ShareLink) -> str:
    """Return the link's absolute URL; "" if the site's key has changed since, in which case the link still works."""
    secret = _secret(link)
    if not constant_time_compare(sha256_hex(secret), link.secret_hash):
        return ""
    return f"{settings.SITE_URL}/s/{ids.encode(link.pk)}.{secret}/"


def find(token: str) -> ShareLink | None:
    """Return the link whose URL has this token, read from the primary so that a revocation counts at once."""
    pid, _, secret = token.partition(".")
    try:
        link_id = ids.decode(pid)
    except ids.InvalidId:
        return None
    with causal.pin():
        link = ShareLink.objects.locate(link_id).first()
    if link is None or not constant_time_compare(sha256_hex(secret), link.secret_hash):
        return None
    return link


def for_owner(owner_id: int, *, before: int | None = None) -> ShardedQuerySet[ShareLink]:
    """Return an owner's links with their albums and photos, the latest first, older than the id `before` if given."""
    links = ShareLink.objects.of(owner_id).select_related("album", "photo").order_by("-pk")
    return links if before is None else links.filter(pk__lt=before)


def shared_photos(link: ShareLink) -> PhotoQuerySet[Photo]:
    """Return the photos that a link shows: all that have a picture, whatever their own visibility is."""
    photos = Photo.objects.of(link.owner_id).shown()
    if link.photo_id is not None:
        return photos.filter(pk=link.photo_id)
    return album_contents.photos_in(Album(pk=link.album_id, owner_id=link.owner_id), photos)


def revoke(owner_id: int, link_id: int) -> bool:
    """End a link for ever; return whether this call ended it."""
    links = ShareLink.objects.of(owner_id).filter(pk=link_id, revoked_at=None)
    return bool(links.update(revoked_at=timezone.now()))


def delete_ended(alias: str) -> int:
    """Delete links of a shard that ended LISTED_FOR ago; return how many.

    A used-up link gets an end here, once its last visitors' passes have expired; its month counts from there.
    """
    now, links = timezone.now(), ShareLink.objects.on(alias)
    long_ago, passes_expire_at = now - LISTED_FOR, now + timedelta(seconds=PASS_SECONDS)
    is_endless = Q(expires_at=None) | Q(expires_at__gt=passes_expire_at)
    links.filter(is_endless, views__gte=F("max_views")).update(expires_at=passes_expire_at)
    ended = Q(revoked_at__lt=long_ago) | Q(expires_at__lt=long_ago)
    return int(links.filter(ended).delete()[0])


def end_reason(link: ShareLink) -> str:
    """Return why a link lets no new visitor in: revoked, used-up or expired; "" while it does."""
    if link.revoked_at is not None:
        return "revoked"
    if link.max_views is not None and link.views >= link.max_views:
        return "used-up"
    return "expired" if is_expired(link) else ""


def is_expired(link: ShareLink) -> bool:
    """Return whether a link's end has passed."""
    return link.expires_at is not None and link.expires_at <= timezone.now()


def is_open() -> Q:
    """Return the condition on ShareLink rows that let a new visitor in now."""
    is_lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    has_room = Q(max_views=None) | Q(views__lt=F("max_views"))
    return is_lasting & has_room & Q(revoked_at=None)


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _lock_links_of(owner_id: int) -> None:
    """Serialise the creation of one owner's links, so that two requests cannot both pass MAX_LINKS."""
    transactions.lock_name(f"links:{owner_id}", alias=buckets.shard_for_owner(owner_id))


def _check(terms: Terms) -> None:
    if terms.download not in Download.values:
        raise Refused(_("Please choose what can be downloaded."))
    if terms.max_views is not None and not 1 <= terms.max_views <= 1_000_000:
        raise Refused(_("A link can be opened between 1 and 1,000,000 times."))
    if len(terms.password) > 200:
        raise Refused(_("A password can have up to 200 characters."))


def _secret(link: ShareLink) -> str:
    digest = salted_hmac("photos.links.secret", link.salt, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:SECRET_BYTES]).decode()
