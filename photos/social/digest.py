"""News by mail: once a day or a week at most, to those who want it, while there is something that they have not read.

When the next mail is due stands beside what its reader wants, on their shard. Whoever sends it moves that moment on by
a conditional update first, so that nobody gets two, however often the work is sent for; and asks the mail server before
that, so that one that is away costs nobody their mail. What was in a mail once is not in another one.
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
    """A link that is not one of ours."""


def set_rhythm(owner_id: int, rhythm: str) -> None:
    """Write down how often somebody wants mail. The first comes a day or a week from now."""
    with shard_atomic(owner_id=owner_id):
        Preferences.objects.of(owner_id).bulk_create([Preferences(owner_id=owner_id)], ignore_conflicts=True)
        changed = Preferences.objects.of(owner_id).exclude(digest=rhythm)
        changed.update(digest=rhythm, digest_due_at=_next(rhythm, timezone.now()))


def due(alias: str, limit: int) -> list[int]:
    """Return some people of a shard whose mail is due."""
    rows = Preferences.objects.on(alias).filter(digest_due_at__lte=timezone.now()).order_by("digest_due_at")
    return list(rows.values_list("owner_id", flat=True)[:limit])


def send(owner_id: int) -> bool:
    """Mail somebody what they have not read, if it is time; return whether a mail went out.

    Raises what the mail server answers: one that is away is no reason for a mail to be left out, since it is asked
    first. One that refuses the mail itself is not given it again, for it may have it.
    """
    with causal.pin(), get_connection() as connection:
        wanted = _claim(owner_id)
        message = _message(wanted) if wanted else None
        if message is None:
            return False
        message.connection = connection
        return bool(message.send())


def token(owner_id: int) -> str:
    """Return what stands in the link by which somebody ends their mails, signed in or not."""
    return signing.dumps(owner_id, salt=_SALT)


def owner_id_from(text: str) -> int:
    """Return whose mails a link ends. Raises BadToken."""
    try:
        return int(signing.loads(text, salt=_SALT))
    except signing.BadSignature as error:
        raise BadToken from error


def address_for(owner_id: int) -> str:
    """Return where somebody's mails go: their main address, once it is confirmed; else nothing."""
    confirmed = EmailAddress.objects.filter(user_id=owner_id, primary=True, verified=True)
    return confirmed.values_list("email", flat=True).first() or ""


def _next(rhythm: str, after: datetime) -> datetime | None:
    return after + EVERY[Digest(rhythm)] if rhythm else None


def _claim(owner_id: int) -> Preferences | None:
    """Take somebody's mail on oneself; None when it is not due, or somebody else has taken it."""
    now = timezone.now()
    wanted = Preferences.objects.of(owner_id).filter(digest_due_at__lte=now).first()
    if wanted is None:
        return None
    latest = Notification.objects.of(owner_id).order_by("-pk").values_list("pk", flat=True).first() or 0
    same = Preferences.objects.of(owner_id).filter(digest_due_at=wanted.digest_due_at)
    is_ours = same.update(digest_due_at=_next(wanted.digest, now), digest_until=latest)
    return wanted if is_ours else None


def _message(wanted: Preferences) -> EmailMessage | None:
    """Return the mail; None when there is nothing to say, or nowhere to say it."""
    address = address_for(wanted.owner_id)
    owner = User.objects.filter(pk=wanted.owner_id, is_active=True).first()
    fresh = Notification.objects.of(wanted.owner_id).filter(
        Q(pk__gt=wanted.digest_until), is_on=True, read_at__isnull=True
    )
    if not address or owner is None or not fresh.exists():
        return None
    with languages.override_for(owner):
        return _worded(wanted, owner, address)


def _worded(wanted: Preferences, owner: User, address: str) -> EmailMessage | None:
    lines = [line for line in inbox.page(owner, after=wanted.digest_until).lines if line.is_unread]
    if not lines:  # of nothing that they may see
        return None
    stop = settings.SITE_URL + reverse("digest-stop", args=[token(owner.pk)])
    context = {
        "owner": owner,
        "lines": [(line, token_handover.link(settings.SITE_URL + line.url)) for line in lines[:LINES]],
        "others": len(lines[LINES:]),
        "news_url": token_handover.link(settings.SITE_URL + reverse("notifications")),
        "is_weekly": wanted.digest == Digest.WEEKLY,
        "stop_url": stop,
    }
    subject = ngettext("%(count)d thing is new on Tessera", "%(count)d things are new on Tessera", len(lines))
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
