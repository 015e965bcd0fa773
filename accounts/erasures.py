"""Erasing an account: the request, the end, and the receipt, all in the directory.

`photos.jobs.erasure` handles the event and deletes what is on shards and in S3. From the request on, the account cannot
sign in and its pages answer 404. It cannot be undone.
"""

import secrets

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts import languages, mail_zones, zones
from accounts.models import Erasure, User
from sharding.consistency import outbox
from sharding.rows.placement import DIRECTORY
from sharding.rows.transactions import shard_atomic

REQUESTED = "account.erasure"


class IsStaff(Exception):
    """The account has admin rights. Remove them first: the admin's log of what the account did refers to it."""


def request(user_id: int, *, staff_id: int | None = None) -> Erasure:
    """Deactivate an account for good and emit the event that erases it. Raises IsStaff.

    A repeated request returns the same row.
    """
    with shard_atomic(alias=DIRECTORY):
        earlier = Erasure.objects.filter(user_id=user_id).first()
        if earlier is not None:
            return earlier
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
            zone=mail_zones.for_user(user).key,
            requested_at=timezone.now(),
        )
        outbox.add_to_directory(REQUESTED, {"erasure_id": erasure.pk})
    return erasure


def finish(erasure: Erasure) -> None:
    """Delete the account row, once nothing of it is left on shards and in S3, and mark the erasure as finished."""
    with shard_atomic(alias=DIRECTORY):
        User.objects.filter(pk=erasure.user_id).delete()
        Erasure.objects.filter(pk=erasure.pk).update(finished_at=timezone.now())
    erasure.refresh_from_db()


def send_receipt(erasure: Erasure) -> None:
    """Mail the receipt to the former owner of the account, then delete their address from it."""
    if erasure.address:
        context = {"erasure": erasure}
        zone = timezone.override(zones.find(erasure.zone))
        with translation.override(erasure.language or settings.LANGUAGE_CODE), zone:
            subject = render_to_string("account/email/erased_subject.txt", context).strip()
            words = render_to_string("account/email/erased_message.txt", context)
        send_mail(subject, words, None, [erasure.address])
        Erasure.objects.filter(pk=erasure.pk).update(address="")
