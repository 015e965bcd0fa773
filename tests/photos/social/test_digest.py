"""Digest mails: to users who chose them, when due, once; and unsubscribing with one click."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from photos.jobs import schedule
from photos.library import preferences
from photos.models import Digest, Photo, Preferences
from photos.social import digest, likes, notifications
from tests.cast import make_neighbour, make_photo, make_user, shard_of, signed_in
from tests.photos.jobs.fanout import deliver

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def photo(alice: User) -> Photo:
    """Return a photo of alice, who gets a daily mail that is due."""
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    digest.set_rhythm(alice.pk, Digest.DAILY)
    fall_due(alice)
    return make_photo(alice)


def fall_due(person: User) -> None:
    Preferences.objects.of(person.pk).update(digest_due_at=timezone.now() - timedelta(seconds=1))


def like(photo: Photo, person: User) -> None:
    likes.set_liked(photo, person.pk, is_liked=True)
    deliver()


def only_mail() -> mail.EmailMessage:
    (sent,) = mail.outbox
    assert isinstance(sent, mail.EmailMessage)
    return sent


def test_no_mail_without_choosing_one(alice: User, carol: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    like(make_photo(alice), carol)
    assert preferences.for_owner(alice.pk).digest == Digest.OFF
    assert alice.pk not in digest.due(shard_of(alice), 10)
    assert not digest.send(alice.pk)
    digest.set_rhythm(alice.pk, Digest.DAILY)
    assert not digest.send(alice.pk), "not before a day has passed"
    fall_due(alice)
    assert digest.send(alice.pk)


def test_a_mail_lists_unread_notifications_with_links(photo: Photo, alice: User) -> None:
    guest = make_neighbour(alice)
    like(photo, guest)
    like(photo, make_user("dora", name="Dora & Co"))
    assert digest.send(alice.pk)
    sent = only_mail()
    assert sent.subject == "1 new notification on Tessera"
    assert sent.to == ["alice@example.com"]
    words = str(sent.body)
    assert "Dora & Co and one other like your photo" in words
    assert re.search(rf"http://testserver/p/{photo.pid}/\?t=\S+", words), "with a promise of what it tells"
    assert "List-Unsubscribe" in sent.extra_headers


def test_repeated_jobs_send_one_mail(photo: Photo, alice: User, carol: User) -> None:
    like(photo, carol)
    assert [digest.send(alice.pk) for _ in range(3)] == [True, False, False]
    due_at = preferences.for_owner(alice.pk).digest_due_at
    assert due_at is not None
    assert timedelta(hours=23) < due_at - timezone.now() <= timedelta(days=1)
    fall_due(alice)
    assert not digest.send(alice.pk), "the same news is not mailed twice"
    like(photo, make_neighbour(alice))
    assert not digest.send(alice.pk), "not before the next day"
    fall_due(alice)
    assert digest.send(alice.pk)


def test_notifications_read_on_the_site_are_not_mailed(photo: Photo, alice: User, carol: User) -> None:
    like(photo, carol)
    notifications.mark_read(alice.pk, notifications.latest(alice.pk)[0].pk)
    assert not digest.send(alice.pk)
    assert mail.outbox == []


def test_inactive_people_and_unconfirmed_addresses_get_no_mail(
    photo: Photo, alice: User, carol: User
) -> None:
    like(photo, carol)
    EmailAddress.objects.update(verified=False)
    assert not digest.send(alice.pk)
    EmailAddress.objects.update(verified=True)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    fall_due(alice)
    assert not digest.send(alice.pk)


def test_an_outage_of_the_mail_server_loses_no_mail(
    photo: Photo, alice: User, carol: User, settings: Settings
) -> None:
    like(photo, carol)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(OSError, match="refused"):
        digest.send(alice.pk)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert digest.send(alice.pk)


def test_the_scheduler_queues_due_mails(photo: Photo, alice: User) -> None:
    assert schedule.send_digests(shard_of(alice)) == 1
    digest.set_rhythm(alice.pk, Digest.OFF)
    assert schedule.send_digests(shard_of(alice)) == 0


def test_one_click_unsubscribes_without_signing_in_and_a_get_does_not(
    photo: Photo, alice: User, carol: User
) -> None:
    like(photo, carol)
    digest.send(alice.pk)
    address = str(only_mail().extra_headers["List-Unsubscribe"]).strip("<>").removeprefix("http://testserver")
    assert address in str(only_mail().body)
    program = Client(enforce_csrf_checks=True)
    assert "Unsubscribe" in program.get(address).content.decode()
    assert preferences.for_owner(alice.pk).digest == Digest.DAILY
    assert program.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert preferences.for_owner(alice.pk).digest == Digest.OFF
    assert preferences.for_owner(alice.pk).digest_due_at is None
    assert program.get("/digest/stop/made-up/").status_code == 404
    assert program.post(address[:-2] + "x/").status_code == 404


def test_the_settings_say_how_often(alice: User) -> None:
    client = signed_in(alice)
    page = client.get("/settings/notifications/").content.decode()
    assert "not confirmed yet" in page
    assert client.post("/settings/notifications/", {"digest": "weekly"}).status_code == 302
    saved = preferences.for_owner(alice.pk)
    assert saved.digest == Digest.WEEKLY
    assert saved.digest_due_at is not None
    client.post("/settings/notifications/", {"digest": "weekly"})
    assert preferences.for_owner(alice.pk).digest_due_at == saved.digest_due_at, (
        "saving it again does not postpone the mail"
    )
    assert client.post("/settings/notifications/", {"digest": "hourly"}).status_code == 404
    preferences.change(alice.pk, author="A", licence="", location="")
    assert preferences.for_owner(alice.pk).digest == Digest.WEEKLY
