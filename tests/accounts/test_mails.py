"""Mails of accounts: their words, and links that begin with the site's address."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.test.client import RequestFactory

from accounts import erasures, mail_zones, zones
from accounts.adapter import AccountAdapter, at_site
from accounts.models import Erasure, User
from sharding.consistency import token_handover

pytestmark = pytest.mark.django_db(databases="__all__")

SIGN_UP = {"email": "dora@example.com", "username": "dora", "password1": "quite a long secret"}
ELSEWHERE = {"Host": "localhost"}  # an allowed host, but not SITE_URL


def only_mail() -> tuple[str, str]:
    """Return (subject, text) of the one mail that was sent."""
    (message,) = mail.outbox
    return str(message.subject), str(message.body)


def links(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


def test_a_new_member_is_welcomed(client: Client) -> None:
    client.post("/accounts/signup/", SIGN_UP, headers=ELSEWHERE)
    subject, text = only_mail()
    assert subject == "Tessera: Welcome. Please confirm your e-mail address"
    assert text.startswith("Hello dora,")
    assert links(text)[0].startswith("http://testserver/accounts/confirm-email/")
    assert "localhost" not in text
    assert text.endswith("Tessera\nhttp://testserver")


def test_links_begin_with_the_sites_address_whatever_the_request_says(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email}, headers=ELSEWHERE)
    subject, text = only_mail()
    assert subject == "Tessera: Reset your password"
    assert "@alice" in text
    assert links(text)[0].startswith("http://testserver/accounts/password/reset/key/")
    assert "localhost" not in text


def test_only_a_mail_says_that_an_address_has_no_account(client: Client, alice: User) -> None:
    registered = client.post("/accounts/password/reset/", {"email": alice.email})
    mail.outbox.clear()
    unregistered = client.post(
        "/accounts/password/reset/", {"email": "nobody@example.com"}, headers=ELSEWHERE
    )
    assert (unregistered.status_code, unregistered["Location"]) == (
        registered.status_code,
        registered["Location"],
    )
    subject, text = only_mail()
    assert subject == "Tessera: No account with this address"
    assert "http://testserver/accounts/signup/" in text
    assert "localhost" not in text


def test_a_changed_password_sends_a_mail(client: Client, alice: User) -> None:
    client.post("/accounts/login/", {"login": "alice", "password": "alicealice"})
    form = {
        "oldpassword": "alicealice",
        "password1": "another long secret",
        "password2": "another long secret",
    }
    assert (
        client.post("/accounts/password/change/", form, headers={"User-Agent": "Fox & Son"}).status_code
        == 302
    )
    subject, text = only_mail()
    assert subject == "Tessera: Your password was changed"
    assert "127.0.0.1" in text
    assert "Fox & Son" in text
    assert links(text)[0] == "http://testserver/accounts/password/reset/"


@pytest.mark.parametrize(
    "name",
    [
        "account_already_exists",
        "email_changed",
        "email_confirm",
        "email_confirmation",
        "email_deleted",
        "password_reset",
        "password_set",
    ],
)
def test_every_mail_names_the_site_and_is_short(name: str, alice: User) -> None:
    request = RequestFactory().get("/", headers=ELSEWHERE)
    AccountAdapter(request).send_mail(
        f"account/email/{name}", alice.email, {"user": alice, "activate_url": "http://localhost/a/?b=c"}
    )
    subject, text = only_mail()
    assert subject.startswith("Tessera: ")
    assert text.endswith("Tessera\nhttp://testserver")
    assert "localhost" not in text
    assert len(text) < 600


def test_an_address_keeps_its_path_and_query() -> None:
    assert (
        at_site("https://evil.example/accounts/signup/?next=/") == "http://testserver/accounts/signup/?next=/"
    )


def test_a_link_in_a_mail_carries_the_causal_token_of_the_request(client: Client) -> None:
    """Otherwise a new member who follows it at once might read a replica that lacks their account."""
    client.post("/accounts/signup/", SIGN_UP)
    link = links(only_mail()[1])[0]
    (token,) = parse_qs(urlsplit(link).query)["t"]
    assert token_handover.load(token)["default"] > 0
    assert Client().get(link.removeprefix("http://testserver")).status_code == 200


PASSWORDS = {
    "oldpassword": "alicealice",
    "password1": "quite a long secret",
    "password2": "quite a long secret",
}


@time_machine.travel("2026-11-29T14:05:00Z", tick=False)
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (("Asia/Seoul", "", "en"), "29 November 2026, 23:05 KST"),
        (("Asia/Seoul", "Europe/Berlin", "en"), "29 November 2026, 23:05 KST"),
        (("", "Europe/Berlin", "en"), "29 November 2026, 15:05 CET"),
        (("", "", "en"), "29 November 2026, 14:05 UTC"),
        (("", "", "ko"), "2026년 11월 29일 23:05 KST"),
    ],
)
def test_a_mail_tells_the_time_of_its_reader(
    client: Client, alice: User, known: tuple[str, str, str], expected: str
) -> None:
    saved, cookie, language = known
    User.objects.filter(pk=alice.pk).update(browser_zone=saved, language=language)
    client.force_login(alice)
    if cookie:
        client.cookies[zones.COOKIE] = cookie
    client.post("/accounts/password/change/", PASSWORDS)
    assert expected in only_mail()[1]


def test_signing_in_saves_the_time_zone_for_mails(client: Client, alice: User) -> None:
    client.cookies[zones.COOKIE] = "Asia/Seoul"
    client.post("/accounts/login/", {"login": "alice", "password": "alicealice"})
    alice.refresh_from_db()
    assert mail_zones.for_user(alice).key == "Asia/Seoul"


@time_machine.travel("2026-11-29T14:05:00Z", tick=False)
def test_a_receipt_tells_the_time_of_who_asked_for_it(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(browser_zone="Asia/Seoul")
    erasure = erasures.request(alice.pk)
    erasures.finish(erasure)
    erasures.send_receipt(Erasure.objects.get(pk=erasure.pk))
    assert only_mail()[1].count("29 November 2026, 23:05 KST") == 2
