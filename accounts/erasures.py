"""Erasing an account: asked for here, in the directory; done by whoever handles the event, since the rest is elsewhere.

From the moment it is asked for nobody can sign in with it and its pages are gone. There is no way back.
"""

import secrets

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import languages
from accounts.models import Erasure, User
from sharding.consistency import outbox
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic

REQUESTED = "account.erasure"


class IsStaff(Exception):
    """Whoever works here is first to lose their rights: what they did in the admin is kept with their account."""


def request(user_id: int, *, staff_id: int | None = None) -> Erasure:
    """Deactivate an account for good and owe its erasure; asking again returns the same. Raises IsStaff."""
    with shard_atomic(alias=DIRECTORY):
        known = Erasure.objects.filter(user_id=user_id).first()
        if known is not None:
            return known
        user = User.objects.select_for_update().get(pk=user_id)
        if user.is_staff or user.is_superuser:
            raise IsStaff
        user.is_active = False
        user.set_unusable_password()  # ends every session that is still open
        user.save(update_fields=["is_active", "password"])
        erasure = Erasure.objects.create(
            reference=secrets.token_urlsafe(16),
            user_id=user_id,
            staff_id=staff_id,
            address=user.email,
            language=languages.for_user(user),
            requested_at=timezone.now(),
        )
        outbox.add_to_directory(REQUESTED, {"erasure_id": erasure.pk})
    return erasure


def finish(erasure: Erasure) -> None:
    """Delete the account itself, once nothing of it is left anywhere else."""
    with shard_atomic(alias=DIRECTORY):
        User.objects.filter(pk=erasure.user_id).delete()
        Erasure.objects.filter(pk=erasure.pk).update(finished_at=timezone.now())
    erasure.refresh_from_db()


def send_receipt(erasure: Erasure) -> None:
    """Mail what was erased to who it was, and forget the address."""
    if erasure.address:
        context = {"erasure": erasure}
        with translation.override(erasure.language or settings.LANGUAGE_CODE):
            subject = render_to_string("account/email/erased_subject.txt", context).strip()
            words = render_to_string("account/email/erased_message.txt", context)
        send_mail(subject, words, None, [erasure.address])
        Erasure.objects.filter(pk=erasure.pk).update(address="")
