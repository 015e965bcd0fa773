"""Digest mails: a user's unread notifications, once a day or a week, if the user has chosen so.

The user's preferences hold the time of the next mail. A worker moves that time on by a conditional update before it
sends, so a retry cannot send twice; and it connects to the mail server before that, so an outage loses no mail. Each
notification is in one mail at most.
"""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import languages
from accounts.models import User
from photos.models import Digest, Notification, Preferences
from photos.social import inbox
from sharding.consistency import causal, token_handover
from sharding.rows.transactions import shard_atomic

EVERY = {Digest.DAILY: timedelta(days=1), Digest.WEEKLY: timedelta(weeks=1)}
LINES = 20
_SALT = "photos.digest"


class BadToken(ValueError):
    """The signature of an unsubscribe link is wrong."""


def set_rhythm(owner_id: int, rhythm: str) -> None:
    """Save how often a user wants mail ("" is never); the first mail is due a day or a week from now."""
    with shard_atomic(owner_id=owner_id):
        Preferences.objects.of(owner_id).bulk_create([Preferences(owner_id=owner_id)], ignore_conflicts=True)
        changed = Preferences.objects.of(owner_id).exclude(digest=rhythm)
        changed.update(digest=rhythm, digest_due_at=_next(rhythm, timezone.now()))


def due(alias: str, limit: int) -> list[int]:
    """Return up to `limit` ids of users of a shard whose mail is due, the longest due first."""
    rows = Preferences.objects.on(alias).filter(digest_due_at__lte=timezone.now()).order_by("digest_due_at")
    return list(rows.values_list("owner_id", flat=True)[:limit])


def send(owner_id: int) -> bool:
    """Mail a user their unread notifications if the mail is due; return whether one was sent.

    Raises the mail server's error. When the connection fails, the mail stays due. When the server refuses the mail
    itself, it is not sent again, because the server may have accepted it.
    """
    with causal.pin(), get_connection() as connection:
        preferences = _claim(owner_id)
        message = _message(preferences) if preferences else None
        if message is None:
            return False
        message.connection = connection
        return bool(message.send())


def token(owner_id: int) -> str:
    """Return the signed token of the unsubscribe link, which works without signing in."""
    return signing.dumps(owner_id, salt=_SALT)


def owner_id_from(text: str) -> int:
    """Return the user id in the token of an unsubscribe link. Raises BadToken."""
    try:
        return int(signing.loads(text, salt=_SALT))
    except signing.BadSignature as error:
        raise BadToken from error


def address_for(owner_id: int) -> str:
    """Return the user's primary mail address; "" until it is confirmed."""
    confirmed = EmailAddress.objects.filter(user_id=owner_id, primary=True, verified=True)
    return confirmed.values_list("email", flat=True).first() or ""


def _next(rhythm: str, after: datetime) -> datetime | None:
    return after + EVERY[Digest(rhythm)] if rhythm else None


def _claim(owner_id: int) -> Preferences | None:
    """Claim the mail of a user for this worker; None when it is not due, or another worker has claimed it."""
    now = timezone.now()
    preferences = Preferences.objects.of(owner_id).filter(digest_due_at__lte=now).first()
    if preferences is None:
        return None
    latest = Notification.objects.of(owner_id).order_by("-pk").values_list("pk", flat=True).first() or 0
    same = Preferences.objects.of(owner_id).filter(digest_due_at=preferences.digest_due_at)
    is_ours = same.update(digest_due_at=_next(preferences.digest, now), digest_until=latest)
    return preferences if is_ours else None


def _message(preferences: Preferences) -> EmailMessage | None:
    """Return the mail; None without unread notifications, a confirmed address or an active account."""
    address = address_for(preferences.owner_id)
    owner = User.objects.filter(pk=preferences.owner_id, is_active=True).first()
    fresh = Notification.objects.of(preferences.owner_id).filter(
        Q(pk__gt=preferences.digest_until), is_on=True, read_at__isnull=True
    )
    if not address or owner is None or not fresh.exists():
        return None
    with languages.override_for(owner):
        return _compose(preferences, owner, address)


def _compose(preferences: Preferences, owner: User, address: str) -> EmailMessage | None:
    lines = [line for line in inbox.page(owner, after=preferences.digest_until).lines if line.is_unread]
    if not lines:  # the user may not see any of the unread ones
        return None
    stop = settings.SITE_URL + reverse("digest-stop", args=[token(owner.pk)])
    context = {
        "owner": owner,
        "lines": [(line, token_handover.link(settings.SITE_URL + line.url)) for line in lines[:LINES]],
        "others": len(lines[LINES:]),
        "news_url": token_handover.link(settings.SITE_URL + reverse("notifications")),
        "is_weekly": preferences.digest == Digest.WEEKLY,
        "stop_url": stop,
    }
    subject = ngettext(
        "%(count)d new notification on Tessera", "%(count)d new notifications on Tessera", len(lines)
    )
    return EmailMessage(
        subject % {"count": len(lines)},
        render_to_string("photos/mail/digest.txt", context),
        to=[address],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
            "Auto-Submitted": "auto-generated",
        },
    )
